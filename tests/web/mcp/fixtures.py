"""What the conformance suite asks of any server that is to be tested, added to the real one beside its own tools: answers of every kind."""

import asyncio
import base64
import json
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

from mcp.server import Server, ServerRequestContext
from mcp.server.streamable_http import EventCallback, EventMessage, EventStore
from mcp.server.subscriptions import PromptsListChanged, SubscriptionBus, ToolsListChanged
from mcp.shared.exceptions import MCPError
from mcp.types import (
    AudioContent,
    BlobResourceContents,
    CallToolRequestParams,
    CallToolResult,
    ClientCapabilities,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitationCapability,
    ElicitRequest,
    ElicitRequestFormParams,
    EmbeddedResource,
    EmptyResult,
    GetPromptResult,
    ImageContent,
    InputRequiredResult,
    ListRootsRequest,
    Prompt,
    PromptArgument,
    PromptMessage,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    SamplingCapability,
    SamplingMessage,
    SetLevelRequestParams,
    SubscribeRequestParams,
    TextContent,
    TextResourceContents,
    Tool,
    UnsubscribeRequestParams,
)

Context = ServerRequestContext[Any, Any]
Result = CallToolResult | InputRequiredResult
PIXEL = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8ffbf010005fe02fea72d1c1f0000000049454e44ae426082"
    )
).decode()
SOUND = base64.b64encode(b"RIFF\x26\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\2\0\0\0\0\0").decode()
SCHEMA_2020_12: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


class Events(EventStore):
    """What a stream of the older era has sent, so that a client can go on after a disconnect."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, Any]] = []

    async def store_event(self, stream_id: str, message: Any) -> str:
        self.kept.append((stream_id, message))
        return str(len(self.kept))

    async def replay_events_after(self, last_event_id: str, send_callback: EventCallback) -> str | None:
        at = int(last_event_id) if last_event_id.isdigit() else 0
        if not 0 < at <= len(self.kept):
            return None
        stream = self.kept[at - 1][0]
        for number, (owner, message) in enumerate(self.kept[at:], at + 1):
            if owner == stream and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream


def extend(server: Server[Any], bus: SubscriptionBus) -> None:
    """Put the fixtures beside what the server has: its own lists come first, and its own names keep their meaning."""
    _merge(server, "tools/list", "tools", [_tool(name) for name in (*_TOOLS, *_ROUNDS)])
    _merge(server, "resources/list", "resources", [Resource(name=uri, uri=uri) for uri in _TEXTS])
    _merge(server, "resources/templates/list", "resource_templates", [ResourceTemplate(name="template", uri_template="test://template/{id}/data")])
    _merge(
        server,
        "prompts/list",
        "prompts",
        [Prompt(name=n, description="For conformance tests.", arguments=[PromptArgument(name=a, required=True) for a in args]) for n, args in _PROMPTS.items()],
    )

    async def call(context: Context, params: CallToolRequestParams) -> Result:
        if params.name == "test_trigger_tool_change":
            await bus.publish(ToolsListChanged())
            return _said("told")
        if params.name == "test_trigger_prompt_change":
            await bus.publish(PromptsListChanged())
            return _said("told")
        if params.name in _ROUNDS:
            return _ROUNDS[params.name](context, params)
        return await _TOOLS[params.name](context, params)

    _before(server, "tools/call", lambda params: params.name in _TOOLS or params.name in _ROUNDS, call)
    _before(server, "resources/read", lambda params: str(params.uri).startswith("test://"), _read)
    _before(server, "prompts/get", lambda params: params.name in _PROMPTS, _prompt)
    server.add_request_handler("logging/setLevel", SetLevelRequestParams, _nothing)
    server.add_request_handler("resources/subscribe", SubscribeRequestParams, _nothing)
    server.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, _nothing)


def _merge(server: Server[Any], method: str, field: str, added: list[Any]) -> None:
    entry = server.get_request_handler(method)
    assert entry

    async def handler(context: Context, params: Any) -> Any:
        found: Any = await entry.handler(context, params)
        return found.model_copy(update={field: [*getattr(found, field), *added]})

    server.add_request_handler(method, entry.params_type, handler)  # type: ignore[arg-type]


def _before(server: Server[Any], method: str, mine: Callable[[Any], bool], answer: Callable[[Context, Any], Awaitable[Any]]) -> None:
    entry = server.get_request_handler(method)
    assert entry

    async def handler(context: Context, params: Any) -> Any:
        return await (answer(context, params) if mine(params) else entry.handler(context, params))

    server.add_request_handler(method, entry.params_type, handler)  # type: ignore[arg-type]


async def _nothing(context: Context, params: Any) -> EmptyResult:
    return EmptyResult()


def _tool(name: str) -> Tool:
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    if name == "json_schema_2020_12_tool":
        schema = SCHEMA_2020_12
    elif name == "test_x_mcp_header":
        schema = {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}}
    elif name in ("test_sampling", "test_elicitation"):
        schema = {"type": "object", "properties": {"prompt": {"type": "string"}, "message": {"type": "string"}}}
    return Tool(name=name, description="For conformance tests.", input_schema=schema)


def _said(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)])


def _embedded(uri: str, media_type: str, text: str) -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=media_type, text=text))


async def _simple(context: Context, params: CallToolRequestParams) -> CallToolResult:
    return _said("This is a simple text response for testing.")


async def _image(context: Context, params: CallToolRequestParams) -> CallToolResult:
    return CallToolResult(content=[ImageContent(type="image", data=PIXEL, mime_type="image/png")])


async def _audio(context: Context, params: CallToolRequestParams) -> CallToolResult:
    return CallToolResult(content=[AudioContent(type="audio", data=SOUND, mime_type="audio/wav")])


async def _resource(context: Context, params: CallToolRequestParams) -> CallToolResult:
    return CallToolResult(content=[_embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")])


async def _mixed(context: Context, params: CallToolRequestParams) -> CallToolResult:
    return CallToolResult(
        content=[
            TextContent(type="text", text="Multiple content types test:"),
            ImageContent(type="image", data=PIXEL, mime_type="image/png"),
            _embedded("test://mixed-content-resource", "application/json", '{"test": "data", "value": 123}'),
        ]
    )


async def _log(context: Context, text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        await context.session.send_log_message("info", text, related_request_id=context.request_id)


async def _logging(context: Context, params: CallToolRequestParams) -> CallToolResult:
    for text in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await _log(context, text)
        await asyncio.sleep(0.05)
    return _said("Tool with logging executed successfully")


async def _progress(context: Context, params: CallToolRequestParams) -> CallToolResult:
    for step in (0, 50, 100):
        await context.session.report_progress(step, 100, f"Completed step {step} of 100")
        await asyncio.sleep(0.05)
    return _said("done")


async def _failing(context: Context, params: CallToolRequestParams) -> CallToolResult:
    return CallToolResult(is_error=True, content=[TextContent(type="text", text="This tool intentionally returns an error for testing")])


async def _sampling(context: Context, params: CallToolRequestParams) -> CallToolResult:
    asked = SamplingMessage(role="user", content=TextContent(type="text", text=(params.arguments or {}).get("prompt", "")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = await context.session.create_message([asked], max_tokens=100, related_request_id=context.request_id)
    return _said(f"LLM response: {getattr(answer.content, 'text', '')}")


async def _elicited(context: Context, message: str, schema: dict[str, Any]) -> CallToolResult:
    answer = await context.session.elicit_form(message, schema, related_request_id=context.request_id)
    return _said(f"User response: action={answer.action}, content={json.dumps(answer.content or {})}")


async def _elicitation(context: Context, params: CallToolRequestParams) -> CallToolResult:
    properties = {"response": {"type": "string", "description": "User's response"}}
    return await _elicited(context, (params.arguments or {}).get("message", ""), {"type": "object", "properties": properties, "required": ["response"]})


async def _defaults(context: Context, params: CallToolRequestParams) -> CallToolResult:
    properties = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    }
    return await _elicited(context, "Please provide user information", {"type": "object", "properties": properties})


async def _enums(context: Context, params: CallToolRequestParams) -> CallToolResult:
    titled = [{"const": "value1", "title": "First Option"}, {"const": "value2", "title": "Second Option"}, {"const": "value3", "title": "Third Option"}]
    properties = {
        "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    }
    return await _elicited(context, "Please select values", {"type": "object", "properties": properties})


async def _reconnection(context: Context, params: CallToolRequestParams) -> CallToolResult:
    await _log(context, "Before disconnect")
    if context.close_sse_stream:
        await context.close_sse_stream()
    await asyncio.sleep(0.2)
    await _log(context, "After reconnect")
    return _said("Reconnection test completed")


async def _missing_capability(context: Context, params: CallToolRequestParams) -> CallToolResult:
    if not context.session.check_client_capability(ClientCapabilities(sampling=SamplingCapability())):
        raise MCPError(-32021, "The client must be able to sample.", {"requiredCapabilities": {"sampling": {}}})
    return _said("It is there.")


async def _one_log(context: Context, params: CallToolRequestParams) -> CallToolResult:
    await _log(context, "logged")
    return _said("done")


_TOOLS: dict[str, Callable[[Context, CallToolRequestParams], Awaitable[Result]]] = {
    "test_simple_text": _simple,
    "test_image_content": _image,
    "test_audio_content": _audio,
    "test_embedded_resource": _resource,
    "test_multiple_content_types": _mixed,
    "test_tool_with_logging": _logging,
    "test_tool_with_progress": _progress,
    "test_error_handling": _failing,
    "test_sampling": _sampling,
    "test_elicitation": _elicitation,
    "test_elicitation_sep1034_defaults": _defaults,
    "test_elicitation_sep1330_enums": _enums,
    "test_reconnection": _reconnection,
    "json_schema_2020_12_tool": _simple,
    "test_x_mcp_header": _simple,
    "test_missing_capability": _missing_capability,
    "test_logging_tool": _one_log,
    "test_trigger_tool_change": _simple,
    "test_trigger_prompt_change": _simple,
}


# Calls of the current era that ask back: the question is the answer, and the client calls again with what it was asked for.


def _form(message: str, name: str, kind: str = "string") -> ElicitRequest:
    schema = {"type": "object", "properties": {name: {"type": kind}}, "required": [name]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _question(text: str) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=TextContent(type="text", text=text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=100))


def _given(params: Any, key: str) -> Any:
    return (params.input_responses or {}).get(key)


def _content(params: Any, key: str) -> dict[str, Any]:
    return getattr(_given(params, key), "content", None) or {}


def _asks_name(context: Context, params: CallToolRequestParams) -> Result:
    if name := _content(params, "user_name").get("name"):
        return _said(f"Hello, {name}!")
    return InputRequiredResult(input_requests={"user_name": _form("What is your name?", "name")})


def _asks_model(context: Context, params: CallToolRequestParams) -> Result:
    if answer := _given(params, "capital_question"):
        return _said(getattr(answer.content, "text", ""))
    return InputRequiredResult(input_requests={"capital_question": _question("What is the capital of France?")})


def _asks_roots(context: Context, params: CallToolRequestParams) -> Result:
    if answer := _given(params, "client_roots"):
        return _said(", ".join(str(root.uri) for root in answer.roots))
    return InputRequiredResult(input_requests={"client_roots": ListRootsRequest()})


def _keeps_state(context: Context, params: CallToolRequestParams) -> Result:
    if _given(params, "confirm") and params.request_state == "round one":
        return _said("state-ok")
    return InputRequiredResult(input_requests={"confirm": _form("Please confirm", "ok", "boolean")}, request_state="round one")


def _asks_all(context: Context, params: CallToolRequestParams) -> Result:
    if all(_given(params, key) for key in ("user_name", "greeting", "client_roots")):
        return _said("All inputs received")
    asked = {"user_name": _form("What is your name?", "name"), "greeting": _question("Generate a greeting"), "client_roots": ListRootsRequest()}
    return InputRequiredResult(input_requests=asked, request_state="all")


def _asks_twice(context: Context, params: CallToolRequestParams) -> Result:
    if params.request_state == "two" and _given(params, "step2"):
        return _said("Both rounds are done")
    if params.request_state == "one" and _given(params, "step1"):
        return InputRequiredResult(input_requests={"step2": _form("Step 2: What is your favorite color?", "color")}, request_state="two")
    return InputRequiredResult(input_requests={"step1": _form("Step 1: What is your name?", "name")}, request_state="one")


def _asks_what_it_may(context: Context, params: CallToolRequestParams) -> Result:
    if params.input_responses:
        return _said("thanks")
    asked: dict[str, Any] = {}
    if context.session.check_client_capability(ClientCapabilities(sampling=SamplingCapability())):
        asked["question"] = _question("What is the capital of France?")
    if context.session.check_client_capability(ClientCapabilities(elicitation=ElicitationCapability())):
        asked["user_name"] = _form("What is your name?", "name")
    return InputRequiredResult(input_requests=asked) if asked else _said("nothing to ask")


_ROUNDS: dict[str, Callable[[Context, CallToolRequestParams], Result]] = {
    "test_input_required_result_elicitation": _asks_name,
    "test_input_required_result_sampling": _asks_model,
    "test_input_required_result_list_roots": _asks_roots,
    "test_input_required_result_request_state": _keeps_state,
    "test_input_required_result_tampered_state": _keeps_state,
    "test_input_required_result_multiple_inputs": _asks_all,
    "test_input_required_result_multi_round": _asks_twice,
    "test_input_required_result_capabilities": _asks_what_it_may,
    "test_streaming_elicitation": _asks_name,
}
_TEXTS = ("test://static-text", "test://static-binary", "test://watched-resource")
_PROMPTS: dict[str, tuple[str, ...]] = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
    "test_input_required_result_prompt": (),
}


async def _read(context: Context, params: Any) -> ReadResourceResult:
    uri = str(params.uri)
    if uri == "test://static-binary":
        return ReadResourceResult(contents=[BlobResourceContents(uri=uri, mime_type="image/png", blob=PIXEL)])
    if uri.startswith("test://template/"):
        key = uri.split("/")[3]
        text = json.dumps({"id": key, "templateTest": True, "data": f"Data for ID: {key}"})
        return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type="application/json", text=text)])
    if uri not in _TEXTS:
        raise MCPError(-32602, "Unknown resource", {"uri": uri})
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type="text/plain", text="This is the content of the static text resource.")])


async def _prompt(context: Context, params: Any) -> GetPromptResult | InputRequiredResult:
    given = params.arguments or {}
    content: list[Any] = [TextContent(type="text", text="This is a simple prompt for testing.")]
    if params.name == "test_prompt_with_arguments":
        content = [TextContent(type="text", text=f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'")]
    elif params.name == "test_prompt_with_embedded_resource":
        content = [_embedded(given["resourceUri"], "text/plain", "Embedded resource content for testing."), TextContent(type="text", text="Process it.")]
    elif params.name == "test_prompt_with_image":
        content = [ImageContent(type="image", data=PIXEL, mime_type="image/png"), TextContent(type="text", text="Please analyze the image above.")]
    elif params.name == "test_input_required_result_prompt":
        if not (context_text := _content(params, "user_context").get("context")):
            return InputRequiredResult(input_requests={"user_context": _form("What context should the prompt use?", "context")})
        content = [TextContent(type="text", text=f"Use {context_text}.")]
    return GetPromptResult(messages=[PromptMessage(role="user", content=part) for part in content])
