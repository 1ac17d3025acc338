from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import JSONB
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-21T08:12:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Pinned templates and words that outlive a new documentation"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="wiretalk", description=DESCRIPTION)
    manager.add_column(
        table_class_name="DiscoverySummary", tablename="discovery_summaries", column_name="decisions", db_column_name="decisions",
        column_class_name="JSONB", column_class=JSONB,
        params={
            "default": "{}", "null": False, "primary_key": False, "unique": False, "index": False, "index_method": IndexMethod.btree,
            "choices": None, "db_column_name": None, "secret": False,
        }, schema=None,
    )  # fmt: skip
    return manager
