"""Passwords as hashes."""

from importlib.util import find_spec, module_from_spec

import bcrypt

from agent.accounts import passwords


async def test_a_hash_costs_what_it_should() -> None:
    """As the product runs, 2^12 rounds, also for somebody who does not exist; these tests take fewer."""
    spec = find_spec("agent.accounts.passwords")
    assert spec
    assert spec.loader
    fresh = module_from_spec(spec)
    spec.loader.exec_module(fresh)
    assert fresh.COST == 12
    assert fresh._NOBODY.startswith("$2b$12$")
    assert (await passwords.hash_password("correct horse")).startswith("$2b$04$")


async def test_nobody_has_no_password() -> None:
    """The stand-in for an unknown account fits nothing, and is a whole hash, so that comparing takes its time."""
    assert not await passwords.matches("nobody", None)
    assert len(bcrypt.hashpw(b"x", passwords._NOBODY.encode())) == 60
