"""Calling captured APIs: describe an endpoint with an OpenAPI document, keep its credentials. The calls themselves are tools."""

from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from agent import operations
from agent.actor import require_scope
from agent.documents import docs
from agent.documents.docs import Docs
from agent.errors import Problem
from agent.spec.readers import openapi_read
from agent.spec.readers.reading import Unreadable
from agent.tools import invoke
from agent.tools.registry import Context
from web.api.request import ApiRequest
from web.auth import signed_in


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Headers that go with every call of an endpoint, by name. An empty object removes them."""

    headers: dict[str, str]


class CredentialNames(msgspec.Struct, frozen=True):
    """The values are never shown again."""

    headers: list[str]


@put("/endpoints/{endpoint_id:uuid}/openapi", guards=[signed_in], summary="Describe an endpoint", tags=["documents"])
async def give_document(request: ApiRequest, endpoint_id: FromPath[UUID]) -> Docs:
    """The body is a Swagger 2.0 or OpenAPI 3 document, JSON or YAML. Its `servers` change nothing: calls go to the endpoint's destination."""
    require_scope(request.user, "write")
    return await docs.give(request.user, endpoint_id, await request.body())


@post("/endpoints/from-openapi", guards=[signed_in], summary="Register an API by its document", tags=["endpoints"])
async def register(request: ApiRequest, destination_url: FromQuery[str | None] = None, name: FromQuery[str | None] = None) -> Docs:
    """The body is a Swagger 2.0 or OpenAPI 3 document. Without `destination_url` its first server is taken. Costs what an endpoint costs."""
    data = await request.body()
    try:
        document = openapi_read.parse(data)
        spec = openapi_read.read({key: document[key] for key in _ADDRESS if key in document})
    except (Unreadable, ValueError, TypeError, AttributeError) as error:
        raise Problem("unreadable_document", str(error)) from error
    url = destination_url or next((server for server in spec.servers if "://" in server), "")
    if not url:
        raise Problem("invalid_url", "The document names no full server address.", remedy="Give one with `?destination_url=`.")
    made = await invoke.invoke(Context(request.user), "endpoint_create", {"destination_url": url, "name": (name or spec.title)[:120]})
    return await docs.give(request.user, made.data.id, data)


@get("/endpoints/{endpoint_id:uuid}/credentials", guards=[signed_in], summary="Which credentials are stored", tags=["endpoints"])
async def read_credentials(request: ApiRequest, endpoint_id: FromPath[UUID]) -> CredentialNames:
    """Names of headers only."""
    return CredentialNames(await operations.credential_names(request.user, endpoint_id))


@put("/endpoints/{endpoint_id:uuid}/credentials", guards=[signed_in], summary="Store credentials", tags=["endpoints"])
async def store_credentials(request: ApiRequest, endpoint_id: FromPath[UUID], data: JSONBody[Credentials]) -> CredentialNames:
    """Sealed at once; sent with every call and every proxied request, to the endpoint's destination only."""
    require_scope(request.user, "write")
    return CredentialNames(await operations.set_credentials(request.user, endpoint_id, list(data.headers.items())))


_ADDRESS = ("openapi", "swagger", "info", "servers", "host", "basePath", "schemes")
"""What a document says of itself and of where it is; the rest is read within bounds."""
ROUTES = (give_document, register, read_credentials, store_credentials)
