from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import JSONB
from piccolo.columns.indexes import IndexMethod
from piccolo.constraints import Check

ID = "2026-11-21T07:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Messages that wait until the answer before them is finished"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="wiretalk", description=DESCRIPTION)
    manager.add_column(
        table_class_name="ChatSession", tablename="chat_sessions", column_name="queue", db_column_name="queue", column_class_name="JSONB", column_class=JSONB,
        params={
            "default": "[]", "null": False, "primary_key": False, "unique": False, "index": False, "index_method": IndexMethod.btree,
            "choices": None, "db_column_name": None, "secret": False,
        }, schema=None,
    )  # fmt: skip
    manager.add_constraint(
        table_class_name="ChatSession", tablename="chat_sessions", constraint_name="chat_sessions_queue_check", constraint_class=Check,
        params={"condition": "jsonb_typeof(queue) = 'array'"}, schema=None,
    )  # fmt: skip
    return manager
