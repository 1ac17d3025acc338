"""What an owner decides about the documents of an API: pins, what was left out, words; why they say what they say; drift from a document."""

from uuid import UUID

import msgspec
from litestar import delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from agent.actor import require_scope
from agent.documents import curation, docs, evidence
from agent.documents.curation import Curation, Text, Verdict
from agent.documents.evidence import Evidence
from agent.documents.versions import Version, history
from agent.paging import Page
from agent.spec.comparing.drift import Drift
from agent.spec.decisions import Words
from web.api.request import ApiRequest
from web.auth import signed_in


class PinWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`keep`: paths of this form are one operation. `reject`: they are not."""

    template: str
    verdict: Verdict = "keep"


class PathWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A path as it stands in the list."""

    path: str


class WordsWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`null` shows the generated text again, as an empty text does among `parameters` (`query limit`) and `fields` (`200 items[].price`)."""

    summary: str | msgspec.UnsetType | None = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    parameters: dict[str, str] = {}
    fields: dict[str, str] = {}


@get("/endpoints/{endpoint_id:uuid}/templates", guards=[signed_in], summary="Path templates and what was left out", tags=["documents"])
async def list_templates(request: ApiRequest, endpoint_id: FromPath[UUID]) -> Curation:
    """Each template with its confidence and some of the calls that it rests on; pins; traffic that was left out; words of one's own."""
    return await curation.overview(request.user, endpoint_id)


@put("/endpoints/{endpoint_id:uuid}/templates", guards=[signed_in], summary="Pin or reject a path template", tags=["documents"])
async def pin_template(request: ApiRequest, endpoint_id: FromPath[UUID], data: JSONBody[PinWish]) -> Curation:
    """It stays through every new documentation. The documents are written anew at once."""
    require_scope(request.user, "write")
    return await curation.pin(request.user, endpoint_id, data.template, data.verdict)


@delete("/endpoints/{endpoint_id:uuid}/templates", guards=[signed_in], status_code=200, summary="Take a pin back", tags=["documents"])
async def unpin_template(request: ApiRequest, endpoint_id: FromPath[UUID], template: FromQuery[str] = "") -> Curation:
    """The evidence decides again."""
    require_scope(request.user, "write")
    return await curation.unpin(request.user, endpoint_id, template)


@post("/endpoints/{endpoint_id:uuid}/left-out", guards=[signed_in], status_code=200, summary="Put back what was left out", tags=["documents"])
async def put_back(request: ApiRequest, endpoint_id: FromPath[UUID], data: JSONBody[PathWish]) -> Curation:
    """A path of `left_out`, which becomes a pinned template."""
    require_scope(request.user, "write")
    return await curation.put_back(request.user, endpoint_id, data.path)


@patch("/endpoints/{endpoint_id:uuid}/words", guards=[signed_in], summary="Describe an operation", tags=["documents"])
async def edit_words(request: ApiRequest, endpoint_id: FromPath[UUID], data: JSONBody[WordsWish], operation: FromQuery[str] = "") -> Curation:
    """By its id or `GET /template`. One's own words win over generated ones and survive every new documentation."""
    require_scope(request.user, "write")
    words = Words(data.summary or "", data.description or "", data.parameters, data.fields)
    texts: tuple[Text, ...] = ("summary", "description")
    taken_back: tuple[Text, ...] = tuple(name for name in texts if getattr(data, name) in (None, ""))
    return await curation.edit(request.user, endpoint_id, operation, words, taken_back=taken_back)


@get("/endpoints/{endpoint_id:uuid}/evidence", guards=[signed_in], summary="Why a document says so", tags=["documents"])
async def why(request: ApiRequest, endpoint_id: FromPath[UUID], operation: FromQuery[str] = "", place: FromQuery[str] = "") -> Evidence:
    """For a field such as `200 items[].price` or a parameter such as `query limit`: counts, and the calls in which it was there, null or missing."""
    return await evidence.of_place(request.user, endpoint_id, operation, place)


@get("/endpoints/{endpoint_id:uuid}/versions", guards=[signed_in], summary="Versions of the documents", tags=["documents"])
async def versions(request: ApiRequest, endpoint_id: FromPath[UUID]) -> Page[Version]:
    """The newest first, each with what changed for clients since the one before, breaking or not."""
    return Page(await history(request.user, endpoint_id))


@post("/endpoints/{endpoint_id:uuid}/drift", guards=[signed_in], status_code=200, summary="Compare traffic with a document", tags=["documents"])
async def drift(request: ApiRequest, endpoint_id: FromPath[UUID]) -> Drift:
    """The body is a Swagger 2.0 or OpenAPI 3 document, JSON or YAML; without one, the document that was given to describe the endpoint. Nothing is stored."""
    require_scope(request.user, "read")
    return await docs.drift(request.user, endpoint_id, await request.body())


ROUTES = (list_templates, pin_template, unpin_template, put_back, edit_words, why, versions, drift)
