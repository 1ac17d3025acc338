"""Who there is and how they sign in: users, login sessions, API tokens, the set-up link, the audit log."""
