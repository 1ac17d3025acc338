"""Where Piccolo's own machinery finds the engine and the tables."""

from piccolo.conf.apps import AppRegistry

from db.engine import DB

APP_REGISTRY = AppRegistry(apps=["db.piccolo_app"])

__all__ = ["APP_REGISTRY", "DB"]
