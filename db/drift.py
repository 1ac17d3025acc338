"""`python -m db.drift`: do the migrations still make the tables that the code describes? Needs no database; exit 1 and a list where not.

Knows what Piccolo's definitions know (tables, columns, checks, unique keys); what `db.raw` adds is proven by the tests on a real server.
"""

import asyncio
import contextlib
import io
import sys
from collections.abc import Sequence

from piccolo.apps.migrations.commands.new import AutoMigrationManager
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from db.piccolo_app import APP_CONFIG


async def differences(tables: Sequence[type[Table]] | None = None) -> list[str]:
    """The steps that a migration would need to catch up with `tables`, by default every table; empty when nothing drifted."""
    wanted = APP_CONFIG.table_classes if tables is None else list(tables)
    config = AppConfig(APP_CONFIG.app_name, APP_CONFIG.migrations_folder_path, table_classes=wanted)
    with contextlib.redirect_stdout(io.StringIO()):  # Piccolo prints its counts
        found = await AutoMigrationManager(auto_input="n").get_alter_statements(config)  # "n": a changed name is a new column
    return [statement for group in found for statement in group.statements]


def main() -> int:
    """The exit code; what differs goes to stderr."""
    found = asyncio.run(differences())
    if not found:
        print("The migrations make exactly the tables in db/tables.")
        return 0
    print("The tables in db/tables and the migrations disagree. A migration would have to do this:\n", file=sys.stderr)
    print("\n".join(found), file=sys.stderr)
    print("\nMake one: .venv/bin/piccolo migrations new wiretalk --auto (with PICCOLO_CONF=db.piccolo_conf)", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
