"""Who acts: every capability takes an actor first and decides by it what may be seen and done."""

from typing import Literal
from uuid import UUID

import msgspec

from agent.errors import Problem

Role = Literal["USER", "ADMIN", "DEMO"]
Via = Literal["web", "api", "mcp", "cli", "import"]
SCOPES = ("read", "write", "call", "spend", "approve")


class Actor(msgspec.Struct, frozen=True):
    """One authenticated user behind one door. `via` becomes `created_via` of what they make.

    `is_delegated`: a program that the user let in by signing in. It acts for itself; only with the scope `approve` in the user's place.
    """

    user_id: UUID
    role: Role = "USER"
    scopes: frozenset[str] = frozenset(SCOPES)
    via: Via = "web"
    email: str = ""
    token_id: UUID | None = None
    is_delegated: bool = False

    @property
    def asks(self) -> bool:
        """Whether what needs an approval is not theirs to do at once."""
        return self.is_delegated and "approve" not in self.scopes

    @property
    def is_admin(self) -> bool:
        return self.role == "ADMIN"


def require_scope(actor: Actor, scope: str) -> None:
    """Raises missing_scope."""
    if scope not in actor.scopes:
        raise Problem("missing_scope", f"This token may not `{scope}`.", scope=scope)


def require_admin(actor: Actor) -> None:
    """Raises forbidden."""
    if not actor.is_admin:
        raise Problem("forbidden", "Only an administrator may do this.")


def require_reach(actor: Actor) -> None:
    """What a demo account keeps or asks for goes to the demo API only, and costs nobody anything. Raises forbidden."""
    if actor.role == "DEMO":
        raise Problem("forbidden", "A demo account reaches the demo API only.", remedy="Sign up for an account of your own: it is free.")


def require_own_account(actor: Actor) -> None:
    """A demo account is shared by strangers: nobody locks the others out of it. Raises forbidden."""
    if actor.role == "DEMO":
        raise Problem("forbidden", "A demo account is shared; it cannot be changed.", remedy="Sign up for an account of your own.")
