"""From values to HTML and text for people: markdown, code, numbers, times and the message catalogue. No I/O but reading the catalogue at start."""
