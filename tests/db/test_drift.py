import os
import subprocess
import sys
from pathlib import Path

from piccolo.columns import Boolean, Text
from piccolo.table import create_table_class

from db.drift import differences
from db.tables import TABLES, Prompt

ROOT = Path(__file__).resolve().parents[2]


async def test_the_migrations_make_the_tables() -> None:
    """The state of the repository."""
    assert await differences() == []


async def test_a_new_table_is_noticed() -> None:
    """One that no migration makes."""
    extra = create_table_class("Extra", class_kwargs={"tablename": "extras"}, class_members={"name": Text()})
    assert any("extras" in step for step in await differences([*TABLES, extra]))


async def test_a_forgotten_table_is_noticed() -> None:
    """One that only the migrations still know."""
    assert any("drop_table" in step and "prompts" in step for step in await differences([table for table in TABLES if table is not Prompt]))


async def test_a_changed_column_and_a_lost_check_are_noticed() -> None:
    """A default, a column and a constraint, each on its own line."""
    columns = {column._meta.name: column.copy() for column in Prompt._meta.columns if column._meta.name != "is_shared"}
    changed = create_table_class("Prompt", class_kwargs={"tablename": "prompts"}, class_members=columns | {"is_shared": Boolean(default=True), "mood": Text()})
    steps = await differences([changed if table is Prompt else table for table in TABLES])
    assert any("alter_column" in step and "is_shared" in step for step in steps)
    assert any("add_column" in step and "mood" in step for step in steps)
    assert any("drop_constraint" in step and "prompts_name_check" in step for step in steps)


def test_the_command_says_so_without_a_database() -> None:
    """`make check` needs no server."""
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    ran = subprocess.run([sys.executable, "-m", "db.drift"], cwd=ROOT, env=env, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "The migrations make exactly the tables in db/tables.\n"
