from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.raw import complete_the_schema

ID = "2026-11-21T03:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Partitions, keys, indexes and triggers"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="wiretalk", description=DESCRIPTION)
    manager.add_raw(complete_the_schema)
    return manager
