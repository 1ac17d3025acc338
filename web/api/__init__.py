"""The HTTP API under `/api/v1`: nouns over capabilities, tools over the menu, the streaming chat."""

from web.api import accounts, auth, captures, chat, chats, credits, endpoints, operations, providers, tools

ROUTES = (
    *accounts.ROUTES,
    *auth.ROUTES,
    *chat.ROUTES,
    *chats.ROUTES,
    *endpoints.ROUTES,
    *captures.ROUTES,
    *operations.ROUTES,
    *credits.ROUTES,
    *providers.ROUTES,
    *tools.ROUTES,
)
