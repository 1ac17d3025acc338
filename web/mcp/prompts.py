"""Prompts over MCP, which clients offer as slash commands."""

from mcp.shared.exceptions import MCPError
from mcp.types import (
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    PaginatedRequestParams,
    Prompt,
    PromptArgument,
    PromptMessage,
    TextContent,
)

from web.mcp.scope import INVALID_PARAMS, RequestContext

_PROMPTS: dict[str, tuple[str, str, str]] = {
    "explain_failing_call": (
        "call",
        "Why did this captured call fail, and what would work?",
        "Use capture_explain on the call `{}`. Say why it failed and give a corrected curl command.",
    ),
    "document_this_api": (
        "endpoint",
        "Document a captured API.",
        "Use docs_generate on the endpoint `{}`, then docs_get, and summarise its operations, authentication and pagination.",
    ),
    "capture_my_code": (
        "destination_url",
        "Watch the calls that my own code makes to an API.",
        "Use endpoint_create for `{}`. Put the proxy URL where the code has the API's address, run the code, then use capture_wait with `since` 5m and say what was called, "
        "what failed and what is new in the specification.",
    ),
    "use_this_api": (
        "endpoint",
        "Find out what an API can do and call it.",
        "Use operation_search and operation_describe on the endpoint `{}`, then operation_call for what I ask. Ask me before anything that changes something.",
    ),
}


async def list_prompts(context: RequestContext, params: PaginatedRequestParams | None) -> ListPromptsResult:
    return ListPromptsResult(
        prompts=[
            Prompt(name=name, description=text, arguments=[PromptArgument(name=argument, required=True)]) for name, (argument, text, _) in _PROMPTS.items()
        ]
    )


async def get_prompt(context: RequestContext, params: GetPromptRequestParams) -> GetPromptResult:
    if params.name not in _PROMPTS:
        raise MCPError(INVALID_PARAMS, f"Unknown prompt: {params.name}")
    argument, description, text = _PROMPTS[params.name]
    value = (params.arguments or {}).get(argument)
    if not value:
        raise MCPError(INVALID_PARAMS, f"The prompt `{params.name}` needs `{argument}`.")
    return GetPromptResult(description=description, messages=[PromptMessage(role="user", content=TextContent(type="text", text=text.format(value)))])
