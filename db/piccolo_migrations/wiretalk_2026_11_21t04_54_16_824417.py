from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.indexes import IndexMethod
from piccolo.constraints import Check

ID = "2026-11-21T04:54:16:824417"
VERSION = "1.38.0"
DESCRIPTION = "When a session was last confirmed; sign-in by any OpenID provider"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="wiretalk", description=DESCRIPTION
    )

    manager.add_column(
        table_class_name="LoginSession",
        tablename="login_sessions",
        column_name="confirmed_at",
        db_column_name="confirmed_at",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": TimestamptzNow(),
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    manager.drop_constraint(
        table_class_name="OauthAccount",
        tablename="oauth_accounts",
        constraint_name="oauth_accounts_provider_check",
        schema=None,
    )

    manager.add_constraint(
        table_class_name="OauthAccount",
        tablename="oauth_accounts",
        constraint_name="oauth_accounts_provider_known_check",
        constraint_class=Check,
        params={"condition": "provider IN ('google', 'github', 'oidc')"},
        schema=None,
    )

    return manager
