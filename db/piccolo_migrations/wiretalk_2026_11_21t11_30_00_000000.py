from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import JSONB
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-21T11:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The first call of an API that a chat has made"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="wiretalk", description=DESCRIPTION)
    manager.add_column(
        table_class_name="ChatSessionEndpoint", tablename="chat_session_endpoints", column_name="first_call", db_column_name="first_call",
        column_class_name="JSONB", column_class=JSONB,
        params={
            "default": None, "null": True, "primary_key": False, "unique": False, "index": False, "index_method": IndexMethod.btree,
            "choices": None, "db_column_name": None, "secret": False,
        }, schema=None,
    )  # fmt: skip
    return manager
