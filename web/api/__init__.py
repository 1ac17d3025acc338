"""The HTTP API under `/api/v1`: nouns over capabilities, tools over the menu, the streaming chat. Under `/v1` the door for OpenAI's clients."""

from web.api import (
    accounts,
    auth,
    branches,
    captures,
    chat,
    chats,
    credits,
    documents,
    endpoints,
    openai,
    operations,
    providers,
    queue,
    responses,
    search,
    servers,
    summaries,
    tools,
    usage,
)

ROUTES = (
    *accounts.ROUTES,
    *auth.ROUTES,
    *chat.ROUTES,
    *chats.ROUTES,
    *queue.ROUTES,
    *branches.ROUTES,
    *endpoints.ROUTES,
    *documents.ROUTES,
    *captures.ROUTES,
    *operations.ROUTES,
    *credits.ROUTES,
    *providers.ROUTES,
    *servers.ROUTES,
    *tools.ROUTES,
    *usage.ROUTES,
    *summaries.ROUTES,
    *search.ROUTES,
)
OPENAI = (*openai.ROUTES, *responses.ROUTES)
