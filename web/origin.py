"""Where a request came from, for audit and throttling. Forwarded headers are believed of trusted proxies only (`web.forwarded`)."""

from typing import Any

from litestar.connection import ASGIConnection

from agent.accounts.audit import Origin


def origin_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Origin:
    client = connection.client
    return Origin(address=client.host if client else "", agent=connection.headers.get("user-agent", ""))
