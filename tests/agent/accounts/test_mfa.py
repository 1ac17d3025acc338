"""The second factor: in force only when proven, each code good once, whatever runs at the same time."""

import asyncio
import time

import asyncpg
import pytest
from pyotp.totp import TOTP

from agent.accounts import mfa
from agent.accounts.audit import Origin
from agent.actor import Actor
from agent.errors import Problem
from db.tables import UserMfa

_ORIGIN = Origin("203.0.113.5", "test")


def _code(secret: str, steps: int = 0) -> str:
    return TOTP(secret).generate_otp(int(time.time()) // 30 + steps)


async def _enable(actor: Actor) -> tuple[str, list[str]]:
    secret = (await mfa.enrol(actor)).secret
    return secret, await mfa.confirm(actor, _code(secret, -1), _ORIGIN)


async def _refused(actor: Actor, code: str) -> bool:
    try:
        await mfa.check(actor.user_id, code, _ORIGIN)
    except Problem as problem:
        assert problem.code == "wrong_code"
        return True
    return False


async def test_not_in_force_before_it_is_confirmed(ada: Actor) -> None:
    """A page that was opened and left locks nobody out."""
    enrolment = await mfa.enrol(ada)
    assert enrolment.uri.startswith("otpauth://totp/Wiretalk:ada%40example.com?secret=" + enrolment.secret)
    assert enrolment.qr.startswith("data:image/svg+xml")
    assert await mfa.state(ada.user_id) == mfa.State()
    with pytest.raises(Problem, match="does not fit"):
        await mfa.confirm(ada, "000000", _ORIGIN)
    assert await mfa.state(ada.user_id) == mfa.State()


async def test_confirmed_it_is_in_force_with_ten_backup_codes(ada: Actor) -> None:
    """And a second enrolment is refused while it is."""
    _, codes = await _enable(ada)
    assert len(set(codes)) == 10
    assert await mfa.state(ada.user_id) == mfa.State(True, 10)
    with pytest.raises(Problem) as caught:
        await mfa.enrol(ada)
    assert caught.value.code == "conflict"


async def test_a_code_is_good_once(ada: Actor) -> None:
    """Nor is an older one good after a newer; two steps off never. A clock that was wrong for a while locks nobody out afterwards."""
    secret, _ = await _enable(ada)
    assert await _refused(ada, _code(secret, -1))
    assert not await _refused(ada, _code(secret))
    assert await _refused(ada, _code(secret))
    assert not await _refused(ada, _code(secret, 1))
    assert await _refused(ada, _code(secret, 3))
    await UserMfa.update({UserMfa.last_step: 2**31 - 1}).where(UserMfa.user_id == ada.user_id)  # by a clock that was years ahead
    assert not await _refused(ada, _code(secret, 1))


async def test_fifty_at_once_use_a_backup_code_once(ada: Actor) -> None:
    """Exactly one gets in, also where each comes from another address and no count stops them before."""
    _, codes = await _enable(ada)
    outcomes = await asyncio.gather(*(_outcome(ada, codes[0], f"198.51.100.{n}") for n in range(50)))
    assert outcomes.count("in") == 1
    assert await mfa.state(ada.user_id) == mfa.State(True, 9)


async def _outcome(actor: Actor, code: str, address: str = _ORIGIN.address) -> str:
    try:
        await mfa.check(actor.user_id, code, Origin(address))
    except Problem as problem:
        return problem.code
    return "in"


async def test_a_backup_code_is_read_as_people_type(ada: Actor) -> None:
    """In small letters, with spaces, without dashes."""
    _, codes = await _enable(ada)
    assert not await _refused(ada, codes[3].lower().replace("-", " "))


async def test_guessing_is_throttled(ada: Actor) -> None:
    """After ten wrong codes nothing is compared any more, not even the right one."""
    secret, _ = await _enable(ada)
    for _ in range(10):
        assert await _refused(ada, "000000")
    with pytest.raises(Problem) as caught:
        await mfa.check(ada.user_id, _code(secret), _ORIGIN)
    assert caught.value.code == "rate_limited"


async def test_many_addresses_guess_no_more_than_thirty(ada: Actor) -> None:
    """Whoever guesses codes has the password, so that what they fail counts wherever they come from; one right code begins anew."""
    secret, codes = await _enable(ada)
    for n in range(20):
        assert await _outcome(ada, "000000", f"198.51.100.{n}") == "wrong_code"
    assert await _outcome(ada, codes[0], "203.0.113.9") == "in"
    for n in range(30):
        assert await _outcome(ada, "000000", f"198.51.100.{n}") == "wrong_code"
    assert await _outcome(ada, _code(secret), "203.0.113.9") == "rate_limited"


async def test_nothing_of_it_is_readable_in_the_table(ada: Actor, database: asyncpg.Pool) -> None:
    """The secret is encrypted, the codes are hashes."""
    secret, codes = await _enable(ada)
    row = str(dict(await database.fetchrow("SELECT * FROM user_mfa") or {}))
    assert secret not in row
    assert not any(code in row or code.replace("-", "") in row for code in codes)


async def test_new_codes_end_the_old_ones(ada: Actor) -> None:
    """Whoever lost the paper wants just that."""
    _, codes = await _enable(ada)
    fresh = await mfa.renew_backup_codes(ada)
    assert await _refused(ada, codes[0])
    assert not await _refused(ada, fresh[0])


async def test_turned_off_it_can_be_set_up_anew(ada: Actor) -> None:
    """On another device."""
    await _enable(ada)
    await mfa.disable(ada)
    assert await mfa.state(ada.user_id) == mfa.State()
    await _enable(ada)
