"""Under which host names the server answers, and for what.

Where the proxy has an address of its own, an upstream's cookies and service workers never touch the application's origin. Where only
this machine can reach the server, a page of a stranger must not reach it either by having its own name lead here (DNS rebinding);
the proxy is not asked for that, because nobody guesses an endpoint's id.
"""

from ipaddress import ip_address
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from litestar.types import Scope

from agent.config import Settings
from agent.errors import Problem


class Hosts(NamedTuple):
    """`proxy` is the proxy's own host name, without a port; the application is not served there, and the proxy nowhere else."""

    proxy: str | None
    app: str
    is_loopback_only: bool

    @property
    def is_checking(self) -> bool:
        return self.proxy is not None or self.is_loopback_only

    def refusal(self, scope: Scope, *, is_for_proxy: bool) -> Problem | None:
        """Why a request is not answered under the name that it used."""
        got = cast(dict[str, Any], scope)
        if got["type"] == "lifespan" or (is_for_proxy and self.proxy is None):
            return None
        host = _name(next((value for name, value in got["headers"] if name == b"host"), b"").decode("latin-1"))
        if self.proxy is not None and (host == self.proxy) != is_for_proxy:
            where = self.proxy if is_for_proxy else self.app
            return Problem("wrong_host", f"This is served at `{where}`, not at `{host[:100]}`.")
        if self.is_loopback_only and not is_for_proxy and not _is_this_machine(host) and host != self.app:
            return Problem("wrong_host", f"This server is for this machine only and does not answer to `{host[:100]}`.")
        return None


def hosts_of(config: Settings) -> Hosts:
    """As the operator set them. A proxy URL with the application's own host name changes nothing."""
    app = _name(urlsplit(config.base_url).netloc)
    proxy = _name(urlsplit(config.proxy_base_url).netloc)
    return Hosts(None if proxy == app else proxy, app, config.is_loopback_only)


def _name(authority: str) -> str:
    """Without the port, in lower case."""
    head, _, port = authority.rpartition(":")
    return (head if head and port.isdigit() else authority).strip("[]").lower().removesuffix(".")


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
