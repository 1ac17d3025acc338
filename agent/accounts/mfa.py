"""A second factor: codes of an authenticator app (TOTP, RFC 6238) and ten backup codes, each good once.

The secret is encrypted, backup codes are stored as hashes, and the step of the last accepted code is kept, so that one seen over a
shoulder is worth nothing. Wrong codes are counted like wrong passwords, and over all addresses together: whoever guesses a code has
the password already.
"""

import hashlib
import secrets
import time
from uuid import UUID

import msgspec
import segno
from pyotp import random_base32
from pyotp.totp import TOTP

from agent.accounts import audit, throttle
from agent.accounts.audit import Origin
from agent.actor import Actor, require_own_account
from agent.crypto import seal, unseal
from agent.errors import Problem
from db.ids import uuid7
from db.tables import UserMfa

_STEP_SECONDS = 30
_DRIFT_STEPS = 1
_BACKUP_CODES = 10
_FAILURES_ANYWHERE = 30
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that is read as something else


class Enrolment(msgspec.Struct, frozen=True):
    """What the authenticator app needs, shown until the first code is confirmed. `qr` is an SVG image as a data URL."""

    secret: str
    uri: str
    qr: str


class State(msgspec.Struct, frozen=True):
    is_enabled: bool = False
    backup_codes_left: int = 0


async def state(user_id: UUID) -> State:
    rows = await UserMfa.raw("SELECT is_enabled, coalesce(array_length(backup_codes, 1), 0) AS codes FROM user_mfa WHERE user_id = {}", user_id)
    return State(rows[0]["is_enabled"], rows[0]["codes"]) if rows and rows[0]["is_enabled"] else State()


async def enrol(actor: Actor) -> Enrolment:
    """A new secret, not in force before `confirm`. Raises conflict where a second factor is in force, forbidden."""
    require_own_account(actor)
    secret, row_id = random_base32(), uuid7()
    rows = await UserMfa.raw(_ENROL, row_id, actor.user_id, seal(secret.encode(), _context(row_id)))
    if not rows:
        raise Problem("conflict", "A second factor is already in force.", remedy="Turn it off first to move to another device.")
    uri = TOTP(secret).provisioning_uri(name=actor.email, issuer_name="Wiretalk")
    return Enrolment(secret, uri, segno.make(uri, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff"))


async def confirm(actor: Actor, code: str, origin: Origin) -> list[str]:
    """Put the second factor in force with the app's first code. Returns the backup codes, which are not shown again. Raises wrong_code, conflict."""
    await throttle.check(f"otp:{actor.user_id}", origin.address)
    row = await _row(actor.user_id)
    if row is None or row.is_enabled:
        raise Problem("conflict", "There is no second factor to confirm.", remedy="Begin again in the security settings.")
    step = _step_of(code, row.secret)
    if step is None:
        raise Problem("wrong_code", "That code does not fit.")
    codes = [_new_code() for _ in range(_BACKUP_CODES)]
    await UserMfa.raw(
        "UPDATE user_mfa SET is_enabled = true, last_step = {}, backup_codes = {} WHERE user_id = {} AND NOT is_enabled", step, _hashes(codes), actor.user_id
    )
    await throttle.forgive(f"otp:{actor.user_id}", origin.address)
    await audit.record("MFA_ENABLED", actor=actor, resource="USER", resource_id=actor.user_id, origin=origin)
    return codes


async def renew_backup_codes(actor: Actor) -> list[str]:
    """Ten new ones; the old ones end. Raises conflict where no second factor is in force."""
    codes = [_new_code() for _ in range(_BACKUP_CODES)]
    rows = await UserMfa.raw("UPDATE user_mfa SET backup_codes = {} WHERE user_id = {} AND is_enabled RETURNING id", _hashes(codes), actor.user_id)
    if not rows:
        raise Problem("conflict", "There is no second factor.", remedy="Turn it on first.")
    await audit.record("MFA_BACKUP_CODES_RENEWED", actor=actor, resource="USER", resource_id=actor.user_id)
    return codes


async def disable(actor: Actor) -> None:
    """Turn it off; without one nothing happens."""
    if await UserMfa.raw("DELETE FROM user_mfa WHERE user_id = {} RETURNING id", actor.user_id):
        await audit.record("MFA_DISABLED", actor=actor, resource="USER", resource_id=actor.user_id)


async def end(user_id: UUID) -> None:
    """Take it away, where it may be somebody else's."""
    await UserMfa.delete().where(UserMfa.user_id == user_id)


async def check(user_id: UUID, code: str, origin: Origin) -> None:
    """Use a code of the app or a backup code up. Of two that send the same code at once one gets in. Raises wrong_code, rate_limited."""
    await throttle.check(f"otp:{user_id}", origin.address)
    await throttle.check(f"otp:{user_id}:anywhere", most=_FAILURES_ANYWHERE)
    row = await _row(user_id)
    step = _step_of(code, row.secret) if row else None
    if step is not None:
        used = await UserMfa.raw(_USE_STEP, step, user_id, step, step + 2 * _DRIFT_STEPS)
    else:
        used = await UserMfa.raw(_USE_BACKUP, _hash(code), user_id, _hash(code))
    if not used:
        await audit.record("MFA_FAILED", resource="USER", resource_id=user_id, origin=origin)
        raise Problem("wrong_code", "That code does not fit, or was used before.")
    await throttle.forgive(f"otp:{user_id}", origin.address)
    await throttle.forgive(f"otp:{user_id}:anywhere")
    if step is None:
        await audit.record("MFA_BACKUP_CODE_USED", resource="USER", resource_id=user_id, origin=origin)


class _Row(msgspec.Struct, frozen=True):
    secret: str
    is_enabled: bool


async def _row(user_id: UUID) -> _Row | None:
    rows = await UserMfa.raw("SELECT id, secret, is_enabled FROM user_mfa WHERE user_id = {}", user_id)
    return _Row(unseal(rows[0]["secret"], _context(rows[0]["id"])).decode(), rows[0]["is_enabled"]) if rows else None


def _step_of(code: str, secret: str) -> int | None:
    """The time step whose code this is, at most one step off, or None. Every candidate is compared, so that the time tells nothing."""
    digits, now, app = code.replace(" ", ""), int(time.time()) // _STEP_SECONDS, TOTP(secret)
    steps = [step for step in range(now - _DRIFT_STEPS, now + _DRIFT_STEPS + 1) if secrets.compare_digest(app.generate_otp(step).encode(), digits.encode())]
    return steps[0] if steps else None


def _new_code() -> str:
    """Sixteen characters of 32, 80 bits: more than anyone searches through a stolen hash for."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def _hashes(codes: list[str]) -> list[str]:
    return [_hash(code) for code in codes]


def _hash(code: str) -> str:
    return hashlib.sha256("".join(code.upper().split()).replace("-", "").encode()).hexdigest()


def _context(row_id: UUID) -> str:
    return f"user_mfa:{row_id}"


_ENROL = """
INSERT INTO user_mfa AS m (id, user_id, secret) VALUES ({}, {}, {})
ON CONFLICT (user_id) DO UPDATE SET id = excluded.id, secret = excluded.secret WHERE NOT m.is_enabled RETURNING id
"""
# A last step that lies ahead was told by a clock that was wrong, and would hold until then.
_USE_STEP = "UPDATE user_mfa SET last_step = {} WHERE user_id = {} AND is_enabled AND (coalesce(last_step, 0) < {} OR last_step > {}) RETURNING id"
_USE_BACKUP = "UPDATE user_mfa SET backup_codes = array_remove(backup_codes, {}) WHERE user_id = {} AND is_enabled AND {} = ANY (backup_codes) RETURNING id"
