"""What goes to a model of the conversation before an answer: all of it, or the oldest turns as a summary, which is kept with the answer and shown.

How large a model's window is, is known from a table or guessed; where its provider says that it is smaller, the conversation is shortened once more.
"""

import re
from uuid import UUID

from agent import runlog
from agent.conversation import chats
from agent.messages import History, Message
from agent.providers import models
from agent.runs import compaction, context
from agent.runs.compaction import Summary

_LEAST, _SHARE, _SPARE = 4_000, 0.5, 0.85
_NUMBER = re.compile(r"\d[\d,_]{2,}")


class Window:
    """`earlier` is what is sent of the turns before the answer; `overhead` the characters of instructions and tools, which go with every request."""

    def __init__(self, writer: runlog.Writer, chat_id: UUID, answer_id: UUID, earlier: History, summary: Summary | None, model: str, overhead: int) -> None:
        self.earlier = earlier
        self._writer, self._chat_id, self._answer_id, self._whole, self._summary = writer, chat_id, answer_id, earlier, summary
        self._overhead, self._room = overhead, context.room(model, overhead, models.longest_answer(model))
        self._is_shrunk = False

    def messages(self, said: History) -> tuple[Message, ...]:
        """What to send, with the answer so far."""
        return context.build(self._chat_id, [*self.earlier, *said], self._room, len(self._whole) - len(self.earlier))

    async def fit(self) -> None:
        """Sum up the oldest turns where they fill the window."""
        summary = self._summary
        sizes = [sum(map(context.weight, context.build(self._chat_id, [one], self._room))) for one in compaction.applied(self._whole, summary)]
        if summary is not None and not summary.is_undone:
            sizes = [0] * (summary.covers - 1) + sizes[1:]
        if made := compaction.needed(self._whole, sizes, self._room, summary):
            await chats.note(self._answer_id, **{compaction.KEY: made})
            self._writer.put("context.compacted", text=made.text, covers=made.covers)
            self._summary = made
        self.earlier = compaction.applied(self._whole, self._summary)

    async def shorter(self, sent: tuple[Message, ...], said: History, refusal: str = "") -> tuple[Message, ...] | None:
        """Less than was sent, by what the provider says does not fit; None where nothing can be left out, or something already was."""
        if self._is_shrunk:
            return None
        self._is_shrunk = True
        size = sum(map(context.weight, sent))
        self._room = max(_LEAST, round((size + self._overhead) * share(refusal)) - self._overhead)
        await self.fit()
        left = self.messages(said)
        return left if sum(map(context.weight, left)) < size * _SPARE else None


def share(refusal: str) -> float:
    """How much of a request fits, by the first two numbers of a refusal such as `205000 tokens > 200000 maximum`; half of it where it says nothing."""
    told = [int(re.sub(r"\D", "", number)) for number in _NUMBER.findall(refusal)[:2]]
    return min(told) / max(told) * _SPARE if len(told) == 2 and min(told) * 4 > max(told) and min(told) != max(told) else _SHARE
