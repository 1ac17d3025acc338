"""One chat as a page: a window of its branch, the message box, and the message whose actions or text are open."""

from uuid import UUID

import msgspec
from litestar.response import Template

from agent.conversation import chats
from agent.conversation.chats import Chat
from agent.conversation.tree import Window
from agent.errors import Problem
from web.pages import look
from web.pages.composer import choices_of, composer_of, joined
from web.pages.drawing import mark_last, view_of, views
from web.pages.shell import PageRequest, page, signed_in_actor


class Where(msgspec.Struct, frozen=True):
    """Which part of a long chat: before a message, or around one. `edit` and `more` name a message whose text or whose actions are open."""

    before: UUID | None = None
    at: UUID | None = None
    edit: UUID | None = None
    more: UUID | None = None

    @property
    def middle(self) -> UUID | None:
        return self.at or self.edit or self.more


async def chat_page(request: PageRequest, chat: Chat, where: Where | None = None, *, draft: str = "", problem: Problem | None = None) -> Template:
    """The whole page. Raises not_found where the address names a message that is not in the chat."""
    actor, where, language = signed_in_actor(request), where or Where(), look.of(request).language
    found = await chats.shown(actor, chat.id, before=where.before, at=where.middle)
    drawn = await views(request, actor, chat.id, found.messages)
    if not chat.title:
        chat = await chats.get(actor, chat.id)  # a first answer that is written by now has given one, which the page's stream tells no more
    if not found.has_newer:
        mark_last(drawn)
    shown = [view_of(one) for one in drawn]
    composer = await composer_of(language, actor, chat.id, chosen=joined(chat.provider, chat.model), draft=draft, problem=problem)
    return await page(
        request, "chat.html", "chat", chat_id=chat.id, chat=chat, messages=shown, window=found, where=where, composer=composer,
        summary=await chats.summary(actor, chat.id), choices=await choices_of(language, actor) if where.more else [],
    )  # fmt: skip


NO_WINDOW = Window([], False)
