"""Holds the lock files against `pyproject.toml`, without a network: every requirement is pinned within its bounds, every pin has hashes,
both files agree, and no package host is named in them. What a pin needs in turn is the installer's to refuse.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
_PIN = re.compile(r"([A-Za-z0-9][\w.-]*)==([^\s;\\]+)")


def problems(root: Path = ROOT) -> list[str]:
    """One sentence for each thing that is wrong; empty when the locks are fresh."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    needed = project["project"]["dependencies"]
    main, dev = ((root / name).read_text() for name in ("requirements.lock", "requirements-dev.lock"))
    return [
        *_missing("requirements.lock", needed, _pins(main)),
        *_missing("requirements-dev.lock", needed + project["dependency-groups"]["dev"], _pins(dev)),
        *(f"{name} is {' or '.join(sorted(versions))} in requirements.lock, but not in requirements-dev.lock" for name, versions in _apart(main, dev)),
        *(f"{name} has a pin without a hash" for name, text in (("requirements.lock", main), ("requirements-dev.lock", dev)) if _unhashed(text)),
        *(f"{name} names a host" for name, text in (("requirements.lock", main), ("requirements-dev.lock", dev)) if "://" in text),
    ]


def _pins(text: str) -> dict[str, set[str]]:
    """The versions of each package: several where they depend on the platform."""
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if pin := _PIN.match(line):
            found.setdefault(canonicalize_name(pin[1]), set()).add(pin[2])
    return found


def _missing(lock: str, requirements: list[str], pins: dict[str, set[str]]) -> Iterator[str]:
    for requirement in map(Requirement, requirements):
        versions = pins.get(canonicalize_name(requirement.name), set())
        if not versions or not all(requirement.specifier.contains(version, prereleases=True) for version in versions):
            yield f"{lock} has no pin for {requirement}"


def _apart(main: str, dev: str) -> Iterator[tuple[str, set[str]]]:
    others = _pins(dev)
    return ((name, versions) for name, versions in _pins(main).items() if versions != others.get(name))


def _unhashed(text: str) -> bool:
    return any("--hash=sha256:" not in block for block in re.split(r"\n(?=\S)", text.strip()))


if __name__ == "__main__":
    found = problems()
    sys.exit("\n".join([*found, "Run: make lock"]) if found else 0)
