from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Array, BigInt, Text
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-21T05:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Whom a key is lent to, and what its use cost"

_PLAIN = {
    "null": False,
    "primary_key": False,
    "unique": False,
    "index": False,
    "index_method": IndexMethod.btree,
    "choices": None,
    "db_column_name": None,
    "secret": False,
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="wiretalk", description=DESCRIPTION)
    manager.add_column(
        table_class_name="ProviderKey", tablename="provider_keys", column_name="shared_with", db_column_name="shared_with",
        column_class_name="Array", column_class=Array, params={"base_column": Text(), "default": list, **_PLAIN}, schema=None,
    )  # fmt: skip
    for table, name in (("ProviderKeyUse", "provider_key_uses"), ("Usage", "usage")):
        manager.add_column(
            table_class_name=table, tablename=name, column_name="cost_micros", db_column_name="cost_micros",
            column_class_name="BigInt", column_class=BigInt, params={"default": 0, **_PLAIN}, schema=None,
        )  # fmt: skip
    return manager
