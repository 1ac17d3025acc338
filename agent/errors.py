"""The one error that users, programs and models are meant to see, and its catalogue.

    Exception
    └── Problem            an expected failure: stable code, a sentence, what to do next

Anything else that is raised is a bug: it is logged with its traceback and shown as `internal`.
The catalogue is the source of the table in the documentation.
"""

from typing import Any, NamedTuple


class Entry(NamedTuple):
    """What never varies between two occurrences of a problem."""

    status: int
    title: str
    remedy: str


CATALOGUE: dict[str, Entry] = {
    "internal": Entry(500, "Something broke on our side", "Try again. The log has the details under `request_id`."),
    "bad_request": Entry(400, "The request cannot be understood", "Correct the request and send it again."),
    "invalid_json": Entry(400, "The body is not valid JSON", "Send one JSON object, UTF-8 encoded."),
    "invalid_arguments": Entry(422, "Some values are not acceptable", "Correct the named values and send the request again."),
    "unauthenticated": Entry(401, "Sign-in is needed", "Sign in, or send `Authorization: Bearer <api token>`."),
    "wrong_credentials": Entry(401, "E-mail and password do not match", "Check both; after several failures wait a few minutes."),
    "csrf_failed": Entry(403, "The form is out of date", "Reload the page and send it again."),
    "forbidden": Entry(403, "This is not allowed", "Ask an administrator, or use an account or token with the needed right."),
    "missing_scope": Entry(403, "The token lacks a scope", "Create a token with that scope."),
    "not_found": Entry(404, "Not found", "Check the address or the id."),
    "wrong_host": Entry(421, "Not served under this host name", "Use the address that `WIRETALK_PUBLIC_URL` or `WIRETALK_PROXY_URL` names."),
    "method_not_allowed": Entry(405, "This method is not offered here", "Use one of the methods in the `Allow` header."),
    "conflict": Entry(409, "The request clashes with the present state", "Reload and try again."),
    "too_large": Entry(413, "That is too large", "Send less, or raise the limit in the settings."),
    "rate_limited": Entry(429, "Too many requests", "Wait for the time in `Retry-After`, then try again."),
    "unavailable": Entry(503, "Not available at the moment", "Try again in a few seconds."),
    "database_unavailable": Entry(503, "The database does not answer", "Try again in a few seconds; nothing was lost."),
    # accounts
    "setup_link_used": Entry(410, "The set-up link was used or has expired", "Restart the server to get a new link, or sign in."),
    "code_needed": Entry(401, "A code is needed", "Send the code of your authenticator app, or a backup code, as `otp`."),
    "wrong_code": Entry(401, "The code does not fit", "Wait for the app's next code; each is good once."),
    "confirm_needed": Entry(403, "Please confirm that it is you", "Give your password or a code again."),
    "link_used": Entry(410, "The link was used or has expired", "Ask for a new one."),
    "mail_failed": Entry(503, "The mail could not be sent", "Try again later, or ask the administrator."),
    "oauth_failed": Entry(401, "Sign-in with that service did not work", "Try again, or sign in with your password."),
    "email_taken": Entry(409, "An account with this e-mail exists", "Sign in instead."),
    "signup_closed": Entry(403, "Sign-up is closed", "Ask the administrator for an account."),
    "weak_password": Entry(422, "The password is too short or too common", "Use at least 8 characters that are not a well-known password."),
    # credits
    "insufficient_credits": Entry(402, "Not enough credits", "Get more credits; what exists keeps working."),
    "quota_exceeded": Entry(429, "The plan's limit is reached", "Wait until it resets, or change the plan."),
    # endpoints and captures
    "endpoint_not_found": Entry(404, "No such endpoint", "List the endpoints to see their names."),
    "endpoint_ambiguous": Entry(409, "Several endpoints match", "Name one by its id or slug."),
    "endpoint_stopped": Entry(409, "The endpoint does not forward at the moment", "Set its status to ACTIVE to capture again."),
    "invalid_transition": Entry(409, "The status cannot change that way", "Choose one of the allowed next states."),
    "invalid_url": Entry(422, "The URL cannot be used", "Give a full URL such as `https://api.example.com`."),
    "egress_refused": Entry(403, "That address may not be reached", "Use a public address, or have the operator allow it with `WIRETALK_ALLOW_HOSTS`."),
    "call_not_found": Entry(404, "No such captured call", "Search the captures to find its id."),
    "nothing_captured": Entry(409, "Nothing has been captured yet", "Send a few requests through the proxy URL first."),
    "not_documented": Entry(404, "There is no documentation yet", "Generate it first."),
    "unreadable_capture": Entry(422, "The capture file cannot be read", "Export it again as HAR 1.2, or as mitmproxy flows."),
    "unreadable_document": Entry(422, "The API description cannot be read", "Give a Swagger 2.0 or OpenAPI 3 document as JSON or YAML."),
    "operation_not_found": Entry(404, "No such operation", "Search the operations to see what there is."),
    "unfit_arguments": Entry(422, "The arguments do not fit the operation", "Describe the operation to see what it takes."),
    # the user's own MCP servers
    "server_not_found": Entry(404, "No such MCP server", "List the servers to see their names."),
    "server_failed": Entry(502, "The MCP server could not be used", "Test it in the settings; its last error is shown there."),
    "server_sign_in": Entry(409, "The MCP server asks you to sign in", "Sign in to it under Settings, MCP servers."),
    "tool_quarantined": Entry(409, "The tool has changed", "Look at it in the settings and accept it, then call it again."),
    # the proxy's own failures
    "upstream_unreachable": Entry(502, "The upstream could not be reached", "Check the destination and that it is up."),
    "upstream_invalid": Entry(502, "The upstream sent something that is not valid HTTP", "Look at the captured call for details."),
    "upstream_timeout": Entry(504, "The upstream did not answer in time", "Try again, or raise the endpoint's timeout."),
    # chat and tools
    "chat_not_found": Entry(404, "No such chat", "Start a new one."),
    "run_not_found": Entry(404, "No such run", "Reload the chat."),
    "unreadable_chats": Entry(422, "The file with chats cannot be read", "Give an export of Wiretalk, ChatGPT (conversations.json or its ZIP) or Open WebUI."),
    "queue_full": Entry(409, "Too many messages wait", "Wait for the next answer, or take a message back."),
    "run_active": Entry(409, "The chat is still answering", "Wait for the answer, or stop it."),
    "unsupported_file": Entry(
        415, "This kind of file is not taken", "Attach a HAR recording, an OpenAPI document, JSON or other text, or a PNG, JPEG, GIF or WebP image."
    ),
    "message_too_long": Entry(413, "The message is too long", "Shorten it, or attach the text as a file."),
    "unknown_tool": Entry(404, "No such tool", "List the tools with `GET /api/v1/tools`."),
    "approval_needed": Entry(409, "This needs an approval first", "Approve it in the chat, then try again."),
    "approval_not_found": Entry(404, "No such approval", "It was answered, or it has expired."),
    "prompt_not_found": Entry(404, "No such prompt", "List the prompts to see their names."),
    # providers
    "provider_not_found": Entry(404, "No such model provider", "Look at the providers in the settings."),
    "key_not_found": Entry(404, "No such key", "List the keys to see their names."),
    "no_key": Entry(409, "There is no key for this provider", "Add a key in the settings, or go on with the built-in guide."),
    "key_limit": Entry(429, "The key's limit is reached", "Wait until it is free again, or use another provider or key."),
    "provider_auth": Entry(502, "The provider refused the key", "Check the key in the settings."),
    "provider_rate_limited": Entry(429, "The provider limits requests", "Wait, or use another key or model."),
    "provider_overloaded": Entry(503, "The provider is overloaded", "Try again in a minute, or use another model."),
    "provider_failed": Entry(502, "The provider failed", "Try again in a minute, or use another model."),
    "provider_unreachable": Entry(502, "The provider could not be reached", "Check the base URL and the network."),
    "provider_rejected": Entry(502, "The provider rejected the request", "Read the provider's sentence; another model may accept it."),
    "context_full": Entry(413, "The conversation is too long for the model", "Start a new chat, or use a model with a larger context."),
    "unfit_answer": Entry(502, "The model's answer is not what was asked for", "Ask again, or use another model."),
    "provider_cut": Entry(502, "The provider's answer broke off", "What arrived is kept; retry to get the rest."),
    "run_interrupted": Entry(503, "The server restarted during the answer", "Retry; what was said so far is kept."),
}


class Problem(Exception):
    """An expected failure with its code, one sentence and the next step.

    `extra` holds JSON-able members of the problem document (`field`, `allowed`, `retry_after` in seconds).
    """

    def __init__(self, code: str, detail: str, *, remedy: str | None = None, **extra: Any) -> None:
        super().__init__(detail)
        entry = CATALOGUE[code]
        self.code, self.status, self.title = code, entry.status, entry.title
        self.detail, self.remedy, self.extra = detail, remedy or entry.remedy, extra

    def document(self) -> dict[str, Any]:
        """The RFC 9457 members."""
        return {
            "type": f"urn:wiretalk:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "remedy": self.remedy,
            **self.extra,
        }

    def sentence(self) -> str:
        """For a chat, a terminal or a model: what happened and what to do."""
        return f"{self.detail} {self.remedy}"
