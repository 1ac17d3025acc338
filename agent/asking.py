"""One short question to a user's model, beside any conversation: no tools, the whole text of the answer, its cost on the user's account.

What is asked and what is done with the answer is the caller's; so is masking what goes out.
"""

import asyncio

from agent import keys
from agent.actor import Actor
from agent.billing import usage
from agent.errors import Problem
from agent.keys import Choice
from agent.providers import catalogue, metering
from agent.providers.base import Failure, Finish, ModelRequest, PartDelta, PartStart, Usage


async def answer(actor: Actor, choice: Choice, request: ModelRequest, seconds: float) -> str:
    """The text. `choice` is one that `keys.take` gave. Raises the failure as a Problem, provider_unreachable when the time is over."""
    parts: list[str] = []
    told: Usage | None = None
    texts, said = set[int](), 0
    ending: Finish | Failure | None = None
    try:
        async with asyncio.timeout(seconds):
            async for event in catalogue.answer(choice.connections, request):
                match event:
                    case PartStart(kind="text"):
                        texts.add(event.part_id)
                    case PartDelta():
                        said += len(event.text.encode("utf-8", "replace"))
                        parts += [event.text] if event.part_id in texts else []
                    case Usage():
                        told = event
                    case Finish() | Failure():
                        ending = event
                    case _:
                        pass
    except TimeoutError:
        raise Problem("provider_unreachable", f"The model did not finish within {seconds:.0f} s.") from None
    finally:
        spent = metering.used(told, request, said, ending)
        cost = await usage.spent(actor, choice.model, spent)
        if choice.key_id is not None:
            await keys.note_use(actor, choice.key_id, spent.input + spent.output, cost or 0)
    if not isinstance(ending, Finish):
        raise Problem(*(("provider_cut", "The provider's answer ended without its closing event.") if ending is None else (ending.code, ending.message)))
    return "".join(parts)
