from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.search_index import find_words

ID = "2026-11-21T08:26:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The words by which chats and documents are found"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="wiretalk", description=DESCRIPTION)
    manager.add_raw(find_words)
    return manager
