"""Model providers and the keys to them."""

from uuid import UUID

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody

from agent import ai_providers, keys
from agent.actor import require_scope
from agent.ai_providers import Provider, ProviderChange
from agent.key_uses import Receipt
from agent.keys import Candidate, Key, KeyChange
from agent.paging import Page
from agent.providers.base import Wire
from agent.providers.catalogue import PRESETS, Preset, TestResult
from web.api.request import ApiRequest
from web.auth import signed_in


class ProviderWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `base_url`, or several `base_urls` to be tried in their order. `for_all` is for administrators."""

    name: str
    base_url: str = ""
    base_urls: list[str] = []
    wire: Wire = "openai-compatible"
    default_model: str = ""
    requires_auth: bool = True
    auth_header: str = ""
    for_all: bool = False


class KeyWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`key` is the secret; it is sealed at once and never shown again."""

    provider: str
    key: str
    name: str | None = None

    def __repr__(self) -> str:
        return f"KeyWish(provider={self.provider!r})"


class TestWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Without a model: the provider's default, else the first of its list."""

    __test__ = False  # not a test class

    model: str = ""


@get("/providers", guards=[signed_in], summary="Model providers", tags=["providers"])
async def list_providers(request: ApiRequest) -> Page[Provider]:
    """Those offered to all and one's own."""
    return Page(await ai_providers.list_(request.user))


@get("/providers/presets", guards=[signed_in], summary="Known providers", tags=["providers"])
async def list_presets() -> Page[Preset]:
    """Addresses and defaults of providers worth adding by name."""
    return Page(list(PRESETS))


@post("/providers", guards=[signed_in], summary="Add a provider", tags=["providers"])
async def add_provider(request: ApiRequest, data: JSONBody[ProviderWish]) -> Provider:
    """A server of one's own, or for everybody by an administrator."""
    require_scope(request.user, "write")
    return await ai_providers.add(
        request.user,
        data.name,
        [data.base_url, *data.base_urls],
        wire=data.wire,
        default_model=data.default_model,
        requires_auth=data.requires_auth,
        auth_header=data.auth_header,
        for_all=data.for_all,
    )


@patch("/providers/{provider_id:uuid}", guards=[signed_in], summary="Change a provider", tags=["providers"])
async def change_provider(request: ApiRequest, provider_id: FromPath[UUID], data: JSONBody[ProviderChange]) -> Provider:
    """Keys do not follow it to another server: they are removed, and typed anew."""
    require_scope(request.user, "write")
    return await ai_providers.update(request.user, provider_id, data)


@delete("/providers/{provider_id:uuid}", guards=[signed_in], summary="Remove a provider", tags=["providers"])
async def delete_provider(request: ApiRequest, provider_id: FromPath[UUID]) -> None:
    """With the keys to it."""
    require_scope(request.user, "write")
    await ai_providers.delete(request.user, provider_id)


@post("/providers/{provider_id:uuid}/test", guards=[signed_in], status_code=200, summary="Test a provider", tags=["providers"])
async def test_provider(request: ApiRequest, provider_id: FromPath[UUID], data: JSONBody[TestWish | None] = None) -> TestResult:
    """Asks a model for a word, with a tool on offer, and says exactly what failed."""
    require_scope(request.user, "write")
    return await keys.test(request.user, str(provider_id), data.model if data else "")


@post("/providers/{provider_id:uuid}/models", guards=[signed_in], status_code=200, summary="Refresh the models", tags=["providers"])
async def refresh_models(request: ApiRequest, provider_id: FromPath[UUID]) -> Page[str]:
    """Asks the server which models it has."""
    require_scope(request.user, "write")
    return Page(list(await keys.refresh_models(request.user, str(provider_id))))


@get("/providers/{provider_id:uuid}/keys", guards=[signed_in], summary="Order of keys", tags=["providers"])
async def order_of_keys(request: ApiRequest, provider_id: FromPath[UUID]) -> Page[Candidate]:
    """The keys in the order in which a run takes them, with what is used of their limits."""
    return Page(await keys.order(request.user, str(provider_id)))


@get("/provider-keys", guards=[signed_in], summary="Keys I may use", tags=["providers"])
async def list_keys(request: ApiRequest) -> Page[Key]:
    """By name; one's own also by their last four characters."""
    return Page(await keys.list_(request.user))


@post("/provider-keys", guards=[signed_in], summary="Add a key", tags=["providers"])
async def add_key(request: ApiRequest, data: JSONBody[KeyWish]) -> Key:
    """Refused where its provider refuses it. Sealed at rest, never shown again."""
    require_scope(request.user, "write")
    return await keys.add(request.user, data.provider, data.key, data.name)


@patch("/provider-keys/{key_id:uuid}", guards=[signed_in], summary="Change a key", tags=["providers"])
async def change_key(request: ApiRequest, key_id: FromPath[UUID], data: JSONBody[KeyChange]) -> Key:
    """Name, limits, and to whom it is lent."""
    require_scope(request.user, "write")
    return await keys.update(request.user, key_id, data)


@delete("/provider-keys/{key_id:uuid}", guards=[signed_in], summary="Delete a key", tags=["providers"])
async def delete_key(request: ApiRequest, key_id: FromPath[UUID]) -> None:
    """For good."""
    require_scope(request.user, "write")
    await keys.delete(request.user, key_id)


@get("/provider-keys/{key_id:uuid}/receipts", guards=[signed_in], summary="Receipts of a key", tags=["providers"])
async def key_receipts(request: ApiRequest, key_id: FromPath[UUID]) -> Page[Receipt]:
    """Who spent what of one's own key in the last thirty days."""
    return Page(await keys.receipts(request.user, key_id))


ROUTES = (
    list_providers, list_presets, add_provider, change_provider, delete_provider, test_provider, refresh_models, order_of_keys,
    list_keys, add_key, change_key, delete_key, key_receipts,
)  # fmt: skip
