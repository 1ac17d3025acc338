"""The menu as people ask for it: for each verb the patterns that mean it, its arguments' slots, what it must know and how it asks.

A pattern's terms must all hold: `concept` (a word for it occurs), `a|b` (either), `^concept` (the clause begins with it), `$slot`
(such a thing is mentioned), `!term` (it is not), `.` (nothing is left unexplained). Every term that holds adds to the score;
the highest score wins, the earlier row on a tie. Only rows with `effect="read"` are ever guessed or taken from a question.
"""

from typing import Any, Literal

import msgspec

Effect = Literal["read", "write", "destructive"]


class Verb(msgspec.Struct, frozen=True):
    """`slots` are filled in their order, each taking its words away from the next. `many` is the argument that may name several.

    `needs` lists what must be known; `fixed` is added; `view` tells the answer what was asked; `then` names the verb's second step.
    """

    tool: str
    patterns: tuple[str, ...]
    slots: dict[str, str] = {}
    needs: tuple[str, ...] = ()
    effect: Effect = "read"
    fixed: dict[str, Any] = {}
    view: str = ""
    many: str = ""
    then: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    example: str = ""
    does: str = ""


_SEARCH = {
    "call": "", "min_duration_ms": "duration", "since": "since", "until": "until", "status": "status", "method": "method", "path": "path", "query": "quote", "limit": "limit", "endpoint": "endpoint?",
}  # fmt: skip
_UPDATE = {"name": "new_name", "description": "description", "tags": "tags", "environment": "environment", "public": "public", "status": "endpoint_status", "endpoint": "endpoint"}
_SEARCH = {name: kind for name, kind in _SEARCH.items() if kind}

VERBS: tuple[Verb, ...] = (
    Verb("endpoint_create", ("^capture $url", "capture|create|proxy|import|connect|show $url !$operation !doc !call !document !monitor !server !explain !replay !wait !change !arrive", "$url .", "^create $url capture", "^create endpoint $url", "^create endpoint !tag !key !prompt !app !server !public !private", "^capture !$it !monitor", "capture endpoint !question !list !pause", "create capture !call", "capture $it $url", "create proxy"),
         {"name": "name", "destination_url": "urls", "tags": "tags", "environment": "environment", "description": "description"}, ("destination_url",), "write", many="destination_url", commands=("capture", "new"), example="capture https://api.example.com", does="Get a capture URL for an API"),
    Verb("endpoint_create", ("^try demo", "capture demo", "demo endpoint try", "demo ."), effect="write", fixed={"destination_url": "demo"}, commands=("demo",), example="capture the demo API", does="Try it with the bundled demo shop"),
    Verb("endpoint_list", ("show|list|question endpoint !doc !$it !change !cost !auth !monitor !key !credit !call !capture", "list|show capture endpoint !doc !call", "endpoint .", "count endpoint", "question capture !$it !call !$url", "find endpoint", "list|show endpoint $endpoint_state", "endpoint $endpoint_state question", "list .", "question $one $most_calls", "show endpoint tag", "show proxy !$it"),
         {"tag": "tags_one", "status": "endpoint_state", "query": "query_name"}, commands=("endpoints", "apis", "list"), example="list my APIs", does="See what is captured"),
    Verb("endpoint_list", ("proxy $it", "proxy show", "use $it question . !auth", "public $it ^question", "$state_word $it ^question", "$state_word question $name !call !endpoint", "$state_word question $name endpoint", "example proxy"), {"query": "endpoint"}, view="card"),
    Verb("endpoint_update", ("^pause", "^pause endpoint", "^stop capture", "^stop endpoint", "^resume", "^resume endpoint", "^resume capture", "resume endpoint $it", "^archive", "^complete", "complete $it ^name", "$mark complete|review", "^review $it", "^stop pause", "^rename !key", "^change name !key", "^name $it", "$naming $it",
         "^public", "^private", "^create public", "^create private", "^tag", "^create tag", "$set environment", "$set describe", "$set name !key !prompt", "$set tag", "^describe $it $quote", "$set status $endpoint_state"),
         _UPDATE, ("endpoint",), "write", many="endpoint", commands=("pause", "resume", "archive", "rename"), example="pause the shop API", does="Rename, describe, tag, pause, resume, archive or publish an API"),
    Verb("endpoint_delete", ("^delete endpoint", "^delete $it !key !prompt !server !app", "^delete $bare_name !key !prompt !server !tag !app !call !monitor"), {"endpoint": "endpoint!"}, ("endpoint",), "destructive", many="endpoint", commands=("delete",), example="delete the shop API", does="Delete an API (you are asked first)"),
    Verb("capture_search", ("show|list|find|question call", "call .", "call fail", "call $status", "call $time", "call $duration", "call recent", "call $method", "question $status", "question fail", "fail call question", "show|list $status", "fail .", "arrive question", "arrive question $time", "question $time fail", "show arrive", "call find $quote",
         "find $quote", "question $duration", "show $number call !slow", "show $method", "show $method $status", "question went-wrong", "explain $time question", "call $name .", "$status $time", "show call $operation", "call $operation fail", "endpoint parameter question $time"),
         _SEARCH, view="calls", commands=("calls", "errors"), example="which calls failed today?", does="Search the captured calls"),
    Verb("capture_search", ("slow call !$duration", "slow question !$duration", "slow show call !$duration", "slow . !$duration"), {k: v for k, v in _SEARCH.items() if k != "limit"}, fixed={"limit": 200}, view="slowest", commands=("slowest",), example="what is the slowest call?", does="Find the slowest calls"),
    Verb("capture_search", ("count call", "count fail", "count call fail", "count call question $time"), {k: v for k, v in _SEARCH.items() if k != "limit"}, fixed={"limit": 200}, view="count"),
    Verb("capture_get", ("$id", "show $id call", "^show $id call detail", "show call detail", "show $one !fail !$endpoint_one", "show $one detail", "show fail $one", "detail $status $listed", "detail $it", "detail $of_call", "$of_call show", "detail question $of_call", "show $number $listed", "$it $say ^question", "^show call $single"),
         {"call": "call"}, ("call",), view="call", commands=("call",), example="open the second one", does="Look at one call"),
    Verb("capture_explain", ("explain", "explain call", "explain call fail", "explain fail", "explain fail question call", "explain fail question", "explain $id", "explain $id fail", "explain $it fail", "explain $it", "explain $one", "explain $one fail", "explain question call", "explain $what_wrong question", "diagnose", "diagnose fail", "diagnose call fail", "different success", "explain question endpoint", "explain endpoint fail"),
         {"call": "call?", "endpoint": "endpoint?"}, view="explain", commands=("explain",), example="why did the last call fail?", does="Compare a failing call with the last success"),
    Verb("capture_import", ("^import", "import har", "^import har"), {"har": "file", "endpoint": "endpoint"}, ("endpoint", "har"), "write", commands=("import",), example="import this HAR into shop (with the file attached)", does="Import a HAR file"),
    Verb("capture_wait", ("^wait", "^wait call", "wait call $it", "wait call arrive", "wait arrive"), {"timeout_s": "timeout", "count": "number", "endpoint": "endpoint"}, ("endpoint",), commands=("wait",), example="wait for the next call", does="Wait until calls arrive"),
    Verb("docs_generate", ("^document", "document $it", "^document endpoint", "^write doc !$format", "^refresh doc", "write doc !question !$format", "document endpoint !question !explain"), {"endpoint": "endpoint"}, ("endpoint",), "write", many="endpoint", commands=("document",), example="document it", does="Write the documentation from what was captured"),
    Verb("docs_generate", ("^write doc $format !$download", "^create doc $format"), {"endpoint": "endpoint"}, ("endpoint",), "write", then=("docs_get", "format")),
    Verb("docs_get", ("show|list|question doc", "doc .", "$download doc", "show doc $format", "doc $format", "$download doc $format", "$format ."), {"format": "format", "operation": "operation", "endpoint": "endpoint"}, ("endpoint",), view="docs", commands=("docs",), example="show me the docs as TypeScript", does="Read the documentation (OpenAPI, Markdown, TypeScript, GraphQL, Postman)"),
    Verb("docs_get", ("auth", "auth question", "auth question $it", "auth $how", "auth $how show", "$needs_token", "$needs_token question", "$needs_token question endpoint", "auth doc question"), {"endpoint": "endpoint"}, ("endpoint",), view="auth", commands=("auth",), example="how do I authenticate?", does="See how an API signs its callers in"),
    Verb("docs_get", ("show|list|question operation $it !$operation", "$can_do", "$can_do endpoint question", "endpoint $have_endpoints question $name"), {"endpoint": "endpoint"}, ("endpoint",), view="operations"),
    Verb("operation_search", ("find operation", "question operation !$operation", "operation find question", "$which_operation"), {"endpoint": "endpoint_near", "query": "topic"}, ("query",), view="operations", commands=("operations",), example="which operations deal with orders?", does="Find operations"),
    Verb("operation_search", ("example show $topic", "example $topic", "$how $topic !auth !proxy"), {"endpoint": "endpoint_near", "query": "topic"}, ("query",), view="example", then=("operation_describe", "operation"), example="show me an example of creating an order", does="See an example"),
    Verb("operation_describe", ("describe $operation", "^describe $operation", "question $operation", "parameter $operation question", "describe operation $operation", "show $operation"), {"operation": "operation", "endpoint": "endpoint?"}, ("operation",), view="operation", commands=("describe",), example="describe GET /orders", does="See what an operation takes and returns"),
    Verb("operation_call", ("^run $operation", "^try $operation", "^call $operation", "run $operation !question"), {"operation": "operation", "body": "json", "query": "pairs", "endpoint": "endpoint"}, ("endpoint", "operation"), "write", commands=("send",), example="call GET /orders on shop", does="Call an operation (you are asked first)"),
    Verb("monitor_set", ("^monitor", "^monitor $freq", "monitor $freq", "^capture $freq", "^show $freq", "^alert $freq", "change alert $freq", "^stop monitor", "^pause monitor", "monitor stop", "monitor pause", "create monitor", "create monitor $freq", "monitor endpoint $freq"), {"frequency": "frequency", "endpoint": "endpoint"}, ("endpoint", "frequency"), "write", commands=("monitor",), example="monitor it weekly", does="Watch an API for changes"),
    Verb("replay_run", ("^replay", "^run replay", "replay $it", "^replay call", "^replay operation"), {"endpoint": "endpoint"}, ("endpoint",), "write", commands=("replay",), example="replay it now", does="Replay the recorded calls"),
    Verb("change_list", ("change question !credit", "change show|list", "change .", "change $time", "change $time question", "change question endpoint"), {"since": "since", "endpoint": "endpoint?"}, commands=("changes",), example="what changed since Monday?", does="See what changed"),
    Verb("credit_check", ("credit question !buy", "credit count", "credit show", "credit .", "check|monitor credit", "cost endpoint", "cost question", "$left credit", "count credit $left", "afford question"), view="credits", commands=("credits",), example="how many credits do I have?", does="See your credits"),
    Verb("credit_buy", ("^buy", "^buy credit", "buy credit", "create credit $number", "$more credit", "$more credit $number"), {"credits": "number", "provider": "payer"}, ("credits",), "write", commands=("buy",), example="buy 500 credits", does="Get a price and a checkout link"),
    Verb("key_list", ("key question !limit", "key show|list", "key .", "question $one share !endpoint"), commands=("keys",), example="list my keys", does="See your provider keys"),
    Verb("key_add", ("^create key", "^connect key", "^connect provider key", "^save key", "^use key provider", "use key provider", "$set key provider !$number", "create key provider", "key provider $secret", "$secret"), {"provider": "provider", "name": "name"}, ("provider",), "write", commands=("key",), example="add my OpenAI key", does="Open the form for a provider key"),
    Verb("key_update", ("^rename key", "^share key", "^share", "^stop share key", "^stop key", "^limit key", "limit key $number", "$set key $number", "^change name key"), {"name": "new_name", "requests_per_hour": "per_hour", "requests_per_day": "per_day", "shared": "shared", "key": "key"}, ("key",), "write", commands=("share",), example="limit the work key to 50 requests per hour", does="Rename, share or limit a key"),
    Verb("key_delete", ("^delete key",), {"key": "key"}, ("key",), "destructive", example="delete the work key", does="Delete a key (you are asked first)"),
    Verb("prompt_list", ("prompt show|list|question", "prompt .",), commands=("prompts",), example="list my prompts", does="See your saved prompts"),
    Verb("prompt_save", ("^save prompt", "^create prompt"), {"name": "label", "text": "rest_text"}, ("name", "text"), "write", example='save a prompt called greeting: "Say hello to {{name}}"', does="Save a prompt"),
    Verb("prompt_use", ("^use prompt", "^run prompt"), {"variables": "pairs", "name": "label"}, ("name",), "write", commands=("prompt",), example="use the greeting prompt with name=Bob", does="Use a prompt"),
    Verb("prompt_delete", ("^delete prompt",), {"name": "label"}, ("name",), "destructive", example="delete the greeting prompt", does="Delete a prompt (you are asked first)"),
    Verb("app_list", ("app show|list|question !create", "app ."), commands=("apps",), example="list my apps", does="See your apps"),
    Verb("app_create", ("^create app", "^write app"), {"html": "code", "name": "label", "description": "that"}, ("html", "name"), "write", example="create an app called Orders (with its HTML in a code block)", does="Keep a page that you give"),
    Verb("app_update", ("^refresh app", "^rename app", "^change app"), {"html": "code", "name": "new_name", "app": "label"}, ("app",), "write"),
    Verb("mcp_connect", ("^connect server", "^create server", "^connect server $url", "^create server $url"), {"name": "name", "url": "url"}, ("url",), "write", commands=("connect",), example="connect the MCP server https://mcp.example.com", does="Connect a tool server"),
    Verb("mcp_list", ("server show|list|question", "server ."), commands=("mcp",), example="list the MCP servers", does="See connected tool servers"),
    Verb("mcp_disconnect", ("^disconnect server", "^delete server", "^disconnect"), {"server": "server"}, ("server",), "destructive", commands=("disconnect",), example="disconnect the server linear", does="Disconnect a tool server (you are asked first)"),
    Verb("usage_get", ("usage question", "usage show", "usage .", "usage count", "usage $period", "usage count question"), {"period": "period"}, commands=("usage",), example="what is my usage this month?", does="See what you used"),
)  # fmt: skip

# How a missing argument is asked for: one short question.
ASKS: dict[str, str] = {
    "destination_url": "Which API shall I capture? Give me its URL, such as `https://api.example.com`, or say *the demo*.",
    "endpoint": "Which API do you mean? Its name, slug or host will do.",
    "call": "Which call do you mean? Give me its id, or list the calls first and say *the second one*.",
    "frequency": "How often: daily, weekly or monthly?",
    "credits": "How many credits?",
    "provider": "For which provider: OpenAI, Anthropic, or another? (The key itself goes into a form, never into the chat.)",
    "key": "Which key do you mean? Its name or provider will do.",
    "name": "What shall it be called?",
    "text": "What is the prompt's text?",
    "har": "Attach the HAR file and I'll import it.",
    "html": "I can't write pages, since I'm no language model. Paste the page's HTML in a code block and I'll keep it as an app.",
    "url": "At which URL is the server?",
    "server": "Which server do you mean?",
    "app": "Which app do you mean?",
    "query": "What should the operation do?",
    "operation": "Which operation? For example `GET /orders`.",
}
# Where a tool is missing, another that can answer the same question.
INSTEAD: dict[str, str] = {"operation_search": "docs_get", "operation_describe": "docs_get"}
# `rename` without a new name, `limit` without a limit: what else must be known when a concept occurs.
ALSO_NEEDS: tuple[tuple[str, str, str], ...] = (("endpoint_update", "rename", "name"), ("key_update", "rename", "name"))
# Presets of `/commands` whose name says more than the tool.
COMMAND_ARGUMENTS: dict[str, dict[str, Any]] = {"pause": {"status": "INACTIVE"}, "resume": {"status": "ACTIVE"}, "archive": {"status": "ARCHIVED"}, "errors": {"status": "error"}, "share": {"shared": True}}
