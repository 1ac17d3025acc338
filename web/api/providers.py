"""Model providers and the keys to them."""

from uuid import UUID

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody

from agent import keys
from agent.actor import require_scope
from agent.keys import Key, KeyChange, Provider
from agent.paging import Page
from agent.providers.base import Wire
from web.api.request import ApiRequest
from web.auth import signed_in


class ProviderWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`for_all` is for administrators."""

    name: str
    base_url: str
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


@get("/providers", guards=[signed_in], summary="Model providers", tags=["providers"])
async def list_providers(request: ApiRequest) -> Page[Provider]:
    """Those offered to all and one's own."""
    return Page(await keys.providers(request.user))


@post("/providers", guards=[signed_in], summary="Add a provider", tags=["providers"])
async def add_provider(request: ApiRequest, data: JSONBody[ProviderWish]) -> Provider:
    """A compatible server of one's own."""
    require_scope(request.user, "write")
    return await keys.add_provider(
        request.user,
        data.name,
        data.base_url,
        wire=data.wire,
        default_model=data.default_model,
        requires_auth=data.requires_auth,
        auth_header=data.auth_header,
        for_all=data.for_all,
    )


@delete("/providers/{provider_id:uuid}", guards=[signed_in], summary="Remove a provider", tags=["providers"])
async def delete_provider(request: ApiRequest, provider_id: FromPath[UUID]) -> None:
    """With the keys to it."""
    require_scope(request.user, "write")
    await keys.delete_provider(request.user, provider_id)


@get("/provider-keys", guards=[signed_in], summary="Keys I may use", tags=["providers"])
async def list_keys(request: ApiRequest) -> Page[Key]:
    """By name and last four characters."""
    return Page(await keys.list_(request.user))


@post("/provider-keys", guards=[signed_in], summary="Add a key", tags=["providers"])
async def add_key(request: ApiRequest, data: JSONBody[KeyWish]) -> Key:
    """Sealed at rest, never shown again."""
    require_scope(request.user, "write")
    return await keys.add(request.user, data.provider, data.key, data.name)


@patch("/provider-keys/{key_id:uuid}", guards=[signed_in], summary="Change a key", tags=["providers"])
async def change_key(request: ApiRequest, key_id: FromPath[UUID], data: JSONBody[KeyChange]) -> Key:
    """Name, sharing, limits."""
    require_scope(request.user, "write")
    return await keys.update(request.user, key_id, data)


@delete("/provider-keys/{key_id:uuid}", guards=[signed_in], summary="Delete a key", tags=["providers"])
async def delete_key(request: ApiRequest, key_id: FromPath[UUID]) -> None:
    """For good."""
    require_scope(request.user, "write")
    await keys.delete(request.user, key_id)


ROUTES = (list_providers, add_provider, delete_provider, list_keys, add_key, change_key, delete_key)
