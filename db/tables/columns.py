"""The columns and checks that many tables share. Names of constraints are `<table>_<columns>_<kind>`: they are unique in a schema."""

from uuid import UUID as Id

from piccolo.columns import JSONB, UUID, Array, ForeignKey, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID7
from piccolo.constraints import Check
from piccolo.table import Table

from db import engine as engine  # sets where Piccolo finds its configuration
from db.ids import uuid7


class NewId(UUID7):
    """A version 7 UUID, made here; in the database by `new_id()`, which the first migration defines for every PostgreSQL."""

    @property
    def postgres(self) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]  # typed as the one text "uuidv7()", which needs PostgreSQL 18
        return "new_id()"

    def python(self) -> Id:
        return uuid7()


def primary_key() -> UUID:
    return UUID(default=NewId(), primary_key=True)


def created() -> Timestamptz:
    return Timestamptz(default=TimestamptzNow())


def updated() -> Timestamptz:
    """A trigger sets it on every update, whoever writes."""
    return Timestamptz(default=TimestamptzNow())


def moment() -> Timestamptz:
    """A time that may not have come."""
    return Timestamptz(null=True, default=None)


def text() -> Text:
    """A text that may be absent."""
    return Text(null=True, default=None)


def texts() -> Array:
    return Array(base_column=Text(), default=list)


def json(default: str | None = None) -> JSONB:
    """JSON that may be absent, or with a default such as `"{}"`, never null. Reads back as text unless `load_json` is asked for."""
    return JSONB(default=default, null=default is None)


def owned_by(table: type[Table] | str, *, index: bool = False) -> ForeignKey[Table]:
    """A row that goes when its owner goes."""
    return ForeignKey(table, null=False, on_delete=OnDelete.cascade, index=index)


def optional(table: type[Table] | str, *, index: bool = False, on_delete: OnDelete = OnDelete.set_null) -> ForeignKey[Table]:
    """A reference that may be absent, and is forgotten when its target goes."""
    return ForeignKey(table, null=True, on_delete=on_delete, index=index)


def one_of(column: str, *values: str) -> Check:
    listed = ", ".join(f"'{value}'" for value in values)
    return Check(f"{column} IN ({listed})")


def not_empty(column: str) -> Check:
    """Piccolo gives every text the default '', so a forgotten one would pass unseen."""
    return Check(f"{column} <> ''")


def made_via() -> Check:
    """Which door made the row."""
    return one_of("created_via", "web", "api", "mcp", "cli", "import")
