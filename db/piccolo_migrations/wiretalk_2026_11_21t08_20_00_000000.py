from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import UUID
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-21T08:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Which branch of a chat is shown"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="wiretalk", description=DESCRIPTION)
    manager.add_column(
        table_class_name="ChatSession", tablename="chat_sessions", column_name="leaf_id", db_column_name="leaf_id", column_class_name="UUID", column_class=UUID,
        params={
            "default": None, "null": True, "primary_key": False, "unique": False, "index": False, "index_method": IndexMethod.btree,
            "choices": None, "db_column_name": None, "secret": False,
        }, schema=None,
    )  # fmt: skip
    return manager
