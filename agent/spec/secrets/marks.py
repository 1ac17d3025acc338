"""What stands in a secret's place: `••••`, followed by its last four characters where it had at least twelve."""

MARK = "••••"


def mark(secret: str) -> str:
    """Marking twice changes nothing."""
    if secret.startswith(MARK) and len(secret) <= len(MARK) + 4:
        return secret
    return MARK + secret[-4:] if len(secret) >= 12 and secret[-4:].isascii() and secret[-4:].isalnum() else MARK


def mark_kind(secret: str, kind: str) -> str:
    """The last four characters of a password or of a key block would tell too much."""
    return MARK if kind in ("basic-auth", "private-key", "url-password", "curl-user") else mark(secret)
