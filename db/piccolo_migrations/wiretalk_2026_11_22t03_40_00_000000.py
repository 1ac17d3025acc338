from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db.raw import allow_xml_rpc

ID = "2026-11-22T03:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Operations of XML-RPC"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="wiretalk", description=DESCRIPTION)
    manager.add_raw(allow_xml_rpc)
    return manager
