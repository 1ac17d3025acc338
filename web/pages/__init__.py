"""The pages: one module per place, each a tuple of route handlers over capabilities. `PAGES` is all of them."""

from web.pages import accounts, admin, apis, calls, chat, consent, controls, follow, links, search, security, servers, services, settings, summaries

PAGES = (
    *accounts.ROUTES,
    *admin.ROUTES,
    *chat.ROUTES,
    *follow.ROUTES,
    *apis.ROUTES,
    *calls.ROUTES,
    *consent.ROUTES,
    *controls.ROUTES,
    *servers.ROUTES,
    *settings.ROUTES,
    *security.ROUTES,
    *links.ROUTES,
    *services.ROUTES,
    *search.ROUTES,
    *summaries.ROUTES,
)
