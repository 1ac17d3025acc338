"""What changed between two specs (`diff`), and where traffic and a document contradict each other (`drift`)."""
