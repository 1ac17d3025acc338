"""What an answer used: what its provider told of it, and where it broke off or was left before that, an estimate that is marked as one.

Providers bill for what they read and wrote, whether or not anybody heard the end of it.
"""

import msgspec

from agent.messages import Picture, ToolCall
from agent.providers import history
from agent.providers.base import Failure, Finish, ModelRequest, Usage

_BYTES_A_TOKEN = 3.5
_PICTURE = 1_600


def used(told: Usage | None, request: ModelRequest, said: int, ending: Finish | Failure | None) -> Usage:
    """`told` is the last report, None where the provider never began to answer; `said` the bytes of all that was heard; no `ending`: it was left before one."""
    if told is None or (isinstance(ending, Failure) and not said and told == Usage()):
        return Usage()
    if isinstance(ending, Finish) and told != Usage():
        return told
    read, written = told.input or _tokens(_asked(request)), max(told.output, _tokens(said))
    return msgspec.structs.replace(told, input=read, output=written, estimated=read - told.input + written - told.output)


def _asked(request: ModelRequest) -> int:
    """The bytes of a request's text; an image counts for what it mostly costs."""
    size = len(request.system.encode("utf-8", "replace")) + len(msgspec.json.encode(request.tools))
    for block in (block for message in request.messages for block in message.content):
        if isinstance(block, Picture):
            size += round(_PICTURE * _BYTES_A_TOKEN)
        elif isinstance(block, ToolCall):
            size += len(msgspec.json.encode(block.arguments))
        else:
            size += len(history.prose(block).encode("utf-8", "replace"))
    return size


def _tokens(size: int) -> int:
    return -int(-size // _BYTES_A_TOKEN)
