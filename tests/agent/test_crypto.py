"""The key file. What is sealed with it is told where it is stored; new keys in `test_rotation.py`."""

from pathlib import Path

import pytest

from agent import config, crypto


def test_a_key_that_cannot_be_read_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that another user made; a folder stands for it, because root may read any file."""
    monkeypatch.setenv("WIRETALK_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("WIRETALK_SECRET_KEY", raising=False)
    config.settings.cache_clear()
    crypto.forget()
    (tmp_path / "secret.key").mkdir()
    try:
        with pytest.raises(SystemExit, match=r"secret\.key` cannot be read or made: .*WIRETALK_SECRET_KEY"):
            crypto.fingerprints()
    finally:
        config.settings.cache_clear()
        crypto.forget()
