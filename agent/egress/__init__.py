"""The way out: the only place that opens a connection to an address that somebody chose.

    parse(url) → Target      resolve(target) → Pinned      http_client() / PinnedResolver connect to the pinned address only

Every name is resolved here, every address that comes back is checked, and the connection goes to a checked one. Redirects are
not followed; a caller who wants to must bring the new URL through `parse` again.
"""

from agent.egress.connect import PinnedResolver, close, http_client, resolve
from agent.egress.policy import Pinned, Target, parse

__all__ = ["Pinned", "PinnedResolver", "Target", "close", "http_client", "parse", "resolve"]
