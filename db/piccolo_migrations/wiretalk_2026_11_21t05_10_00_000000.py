from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.raw import count_without_waiting

ID = "2026-11-21T05:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Rate counters that cost no wait for the disk"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="wiretalk", description=DESCRIPTION)
    manager.add_raw(count_without_waiting)
    return manager
