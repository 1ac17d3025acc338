"""The way out: the only place that opens a connection to an address that somebody chose.

    parse(url) → Target      resolve(target) → Pinned      connect / http_client / fetch reach a pinned address only

A URL is read by one parser, its name is resolved here, every address that comes back is checked, and the connection goes to a
checked one, so that a second answer of the name server changes nothing. Nothing is taken from the environment (no proxies, no
netrc), and redirects are followed by `fetch` alone, which brings each hop through the same checks.
"""

from agent.egress.clients import ClientError, close, fetch, http_client, new_client
from agent.egress.network import SYSTEM, Network, Pinned, Route, connect, resolve
from agent.egress.resolver import PinnedResolver
from agent.egress.sending import Sent, send
from agent.egress.targets import Purpose, Target, parse

__all__ = [
    "SYSTEM",
    "ClientError",
    "Network",
    "Pinned",
    "PinnedResolver",
    "Purpose",
    "Route",
    "Sent",
    "Target",
    "close",
    "connect",
    "fetch",
    "http_client",
    "new_client",
    "parse",
    "resolve",
    "send",
]
