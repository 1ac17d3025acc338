from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.call_index import index_the_words_of_calls

ID = "2026-11-21T05:16:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "One inverted index for every filter of calls"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="wiretalk", description=DESCRIPTION)
    manager.add_raw(index_the_words_of_calls)
    return manager
