from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.raw import find_waiting_messages

ID = "2026-11-21T07:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The chats in which a message waits"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="wiretalk", description=DESCRIPTION)
    manager.add_raw(find_waiting_messages)
    return manager
