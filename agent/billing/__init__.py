"""Credits: the append-only ledger and the holds on it."""
