"""No secret is in the repository: our own patterns over every tracked file. Run by `make check`.

Tests and vendored files are left out: tests need made-up secrets of every kind, and a vendored file is as its authors published it.
"""

import subprocess
import sys
from pathlib import Path

from agent.spec.secrets.finding import find_secrets

LEFT_OUT = ("tests/", "web/static/vendor/", "requirements")
PLACEHOLDERS = {"password", "demo-4f1c9a72e0b85d36", "dXNlcjpwYXNzd29yZA=="}  # an example, the demo API's public token, `user:password`


def main() -> int:
    """Name each finding by file and line; 1 where there is one."""
    found = [line for path in _tracked() for line in findings(path)]
    print("\n".join(found) or "no secret in the tracked files")
    return 1 if found else 0


def findings(path: Path) -> list[str]:
    """A sentence for each thing in a file that looks like a secret."""
    try:
        text = path.read_text()
    except (UnicodeDecodeError, FileNotFoundError):
        return []  # an image, or deleted and not yet committed
    return [
        f"{path}:{text.count(chr(10), 0, secret.start) + 1}: looks like a secret ({secret.kind})"
        for secret in find_secrets(text)
        if text[secret.start : secret.end] not in PLACEHOLDERS
    ]


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout.split("\0")
    return [Path(name) for name in listed if name and not name.startswith(LEFT_OUT)]


if __name__ == "__main__":
    sys.exit(main())
