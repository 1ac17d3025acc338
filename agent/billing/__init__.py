"""Money: the append-only ledger of credits and the holds on it, and what was used of what a plan includes."""
