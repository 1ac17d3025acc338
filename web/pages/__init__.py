"""The pages: one module per place, each a tuple of route handlers over capabilities. `PAGES` is all of them."""

from web.pages import accounts, apis, chat, follow, search, settings

PAGES = (*accounts.ROUTES, *chat.ROUTES, *follow.ROUTES, *apis.ROUTES, *settings.ROUTES, *search.ROUTES)
