"""`/v1/models`: the names by which OpenAI's clients choose whom they talk to.

`wiretalk` is the default choice; then `provider/model`, or the name of a provider or of a model.
"""

from typing import Any

from litestar import get
from litestar.params import FromPath

from agent import ai_providers
from agent.actor import Actor
from agent.errors import Problem
from web.api.request import ApiRequest
from web.auth import signed_in

DEFAULT = "wiretalk"


@get("/models", guards=[signed_in], summary="Models", tags=["openai"])
async def list_models(request: ApiRequest) -> dict[str, Any]:
    """The default choice, then each model that the user could talk to now."""
    names = [DEFAULT]
    for provider in await ai_providers.list_(request.user):
        if provider.has_key or not provider.requires_auth:
            known = dict.fromkeys([provider.default_model or "", *provider.models])
            names += [f"{provider.name}/{name}" for name in known if name]
    return {"object": "list", "data": [_model(name) for name in names]}


@get("/models/{model:path}", guards=[signed_in], summary="A model", tags=["openai"])
async def get_model(request: ApiRequest, model: FromPath[str]) -> dict[str, Any]:
    """Whether a name can be used, by the name."""
    await chosen(request.user, model.strip("/"))
    return _model(model.strip("/"))


ROUTES = (list_models, get_model)


async def chosen(actor: Actor, model: str) -> tuple[str | None, str | None]:
    """Provider and model of a name. Raises provider_not_found."""
    if model == DEFAULT:
        return None, None
    provider, slash, name = model.partition("/")
    known = await ai_providers.list_(actor)
    names = {one.name for one in known} | {"guide", "scripted"}
    if slash and provider in names:
        return provider, name
    if model in names:
        return model, None
    owner = next((one.name for one in known if model == one.default_model or model in one.models), None)
    if owner is None:
        raise Problem("provider_not_found", f"There is no model `{model[:100]}`.", remedy="List them with GET /v1/models.", field="model")
    return owner, model


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": name.partition("/")[0]}
