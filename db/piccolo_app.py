"""The one Piccolo app: every table, in one line of migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from db.tables import TABLES

APP_CONFIG = AppConfig(app_name="wiretalk", migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"), table_classes=list(TABLES))
