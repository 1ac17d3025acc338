from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Text
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-21T08:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The operation to which an approval can be widened"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="wiretalk", description=DESCRIPTION)
    manager.add_column(
        table_class_name="Approval", tablename="approvals", column_name="operation", db_column_name="operation", column_class_name="Text", column_class=Text,
        params={
            "default": None, "null": True, "primary_key": False, "unique": False, "index": False, "index_method": IndexMethod.btree,
            "choices": None, "db_column_name": None, "secret": False,
        }, schema=None,
    )  # fmt: skip
    return manager
