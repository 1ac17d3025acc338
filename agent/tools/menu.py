"""The menu: every tool there is, in the order in which it is shown. Chat, MCP, the CLI and `POST /tools/{name}` are projections of it."""

from agent.tools import captures, changes, credits, docs, endpoints, keys, operations, prompts, results, servers, usage
from agent.tools.registry import Tool, describe

TOOLS: tuple[Tool, ...] = tuple(
    describe(function)
    for function in (
        endpoints.endpoint_create,
        endpoints.endpoint_list,
        endpoints.endpoint_update,
        endpoints.endpoint_delete,
        captures.capture_search,
        captures.capture_get,
        captures.capture_explain,
        captures.capture_wait,
        captures.capture_import,
        docs.docs_generate,
        docs.docs_get,
        operations.operation_search,
        operations.operation_describe,
        operations.operation_call,
        servers.mcp_connect,
        servers.mcp_list,
        servers.mcp_disconnect,
        servers.mcp_call,
        credits.credit_check,
        keys.key_list,
        keys.key_add,
        keys.key_update,
        keys.key_delete,
        prompts.prompt_list,
        prompts.prompt_save,
        prompts.prompt_use,
        prompts.prompt_delete,
        usage.usage_get,
        results.result_read,
        docs.docs_review,
        docs.docs_decide,
        servers.mcp_address,
        changes.change_list,
        docs.docs_why,
    )
)
