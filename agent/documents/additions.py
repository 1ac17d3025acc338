"""What calls told of an API that was not known before them."""

from datetime import datetime

import msgspec

from agent.documents import discovery
from agent.endpoints import Endpoint
from agent.spec.comparing import diff
from agent.spec.model import Spec

_MOST = 30


async def known(endpoint: Endpoint, since: datetime | None = None) -> Spec:
    """What was heard up to now; with `since`, as it was last concluded, without the operations that were first heard after that moment."""
    if since is None:
        return (await discovery.update(endpoint)).spec
    spec, began = (await discovery.concluded(endpoint)).spec, since.timestamp()
    return msgspec.structs.replace(spec, operations=tuple(one for one in spec.operations if one.evidence.first_seen < began))


async def added(endpoint: Endpoint, before: Spec) -> list[str]:
    """What has been heard beyond `before`, in sentences."""
    after = await known(endpoint)
    return list(dict.fromkeys(change.description for change in diff.compare(before, after, is_heard=True)))[:_MOST]
