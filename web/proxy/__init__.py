"""The capturing proxy: raw ASGI in front of Litestar, so that nothing of ours touches what passes."""

from web.proxy.front_door import in_front_of

__all__ = ["in_front_of"]
