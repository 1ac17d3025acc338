"""The menu as people ask for it: for each verb the patterns that mean it, its arguments' slots, what it must know and how it asks.

A pattern's terms must all hold: `concept` (a word for it occurs), `a|b` (either), `^concept` (the clause begins with it), `$slot`
(such a thing is mentioned), `!term` (it is not), `.` (nothing is left unexplained), `~` (nothing but one name). Every term that holds adds to the score;
the highest score wins, the earlier row on a tie. Only rows with `effect="read"` are ever taken from a question.
What the examples most like the clause ask for adds up to `LEAN`, to rows without a pattern, too; the sum must be more than `ENOUGH`. Examples alone never
destroy. No row is taken where its `unless` holds.
"""

from typing import Any

from agent.providers.guide.verbs.account import ACCOUNT
from agent.providers.guide.verbs.captures import CAPTURES
from agent.providers.guide.verbs.documents import DOCUMENTS
from agent.providers.guide.verbs.endpoints import ENDPOINTS
from agent.providers.guide.verbs.monitoring import MONITORING
from agent.providers.guide.verbs.verb import Verb

VERBS: tuple[Verb, ...] = (*ENDPOINTS, *CAPTURES, *DOCUMENTS, *MONITORING, *ACCOUNT)


def key_of(verb: Verb) -> str:
    """By which the examples know a verb: its tool, and what tells its rows apart."""
    return " ".join((verb.tool + (f"/{verb.view}" if verb.view else "/then" if verb.then else ""), *(f"{name}={value}" for name, value in verb.fixed.items())))


KEYS = frozenset(key_of(verb) for verb in VERBS)
LEAN, ENOUGH = 5.0, 2.5
# What a pattern's term adds to the score, where it is not the usual (3 for `^concept`, 2 for others, 0 for `!term`): rare words tell more.
WEIGHTS: dict[str, float] = {
    ".": 0.5,
    "~": 0.25,
    "$have_captured": 3,
    "$i_captured": 4,
    "endpoint": 1.5,
    "find": 1.5,
    "question": 1,
    "$most_calls": 5,
    "$which_operation": 5,
    "show": 1,
    "list": 1,
    "show|list": 1,
    "list|show": 1,
    "explain": 3,
    "count": 2.5,
    "paging": 3,
    "diagnose": 3,
    "cost": 3,
    "usage": 3,
    "^explain": 3.5,
    "$operation": 3,
    "$needs_token": 3,
    "$rates_asked": 5,
    "$overview_of": 4,
    "$rate": 4,
    "$file": 3,
    "$methods": 5,
    "$share_kept": 5,
    "$mcp_client": 6,
    "server": 2.5,
    "$handle": 4,
    "$tool_name": 4,
    "$secret": 4,
    "$mock": 6,
    "$kept_paths": 6,
    "$why_so": 12,
    "$which_are": 12,
    "$patience": 3,
    "$recorded": 3,
    "$allowed_rate": 6,
    "$code_for": 5,
    "$lets_use": 5,
}

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
    "change": "What shall I change? For example *rename it to Shop*, *pause it* or *make it public*.",
    "text": "What is the prompt's text?",
    "har": "Attach the HAR file and I'll import it.",
    "html": "I can't write pages, since I'm no language model. Paste the page's HTML in a code block and I'll keep it as an app.",
    "url": "At which URL is the server?",
    "server": "Which server do you mean?",
    "app": "Which app do you mean?",
    "query": "What should the operation do?",
    "tool": "Which tool? *List the MCP servers* shows their names, such as `linear__list_issues`.",
    "result": "Which result? Its handle stands at the end of the shortened text.",
    "field": "Which field or parameter? Its name will do.",
    "path": "Which path? For example `/users/{user_id}`.",
    "operation": "Which operation? For example `GET /orders`.",
}
# Where a tool is missing, another that can answer the same question.
INSTEAD: dict[str, str] = {"operation_search": "docs_get", "operation_describe": "docs_get"}
# `rename` without a new name, `limit` without a limit: what else must be known when a concept occurs.
ALSO_NEEDS: tuple[tuple[str, str, str], ...] = (("endpoint_update", "rename", "name"), ("key_update", "rename", "name"))
# Presets of `/commands` whose name says more than the tool.
COMMAND_ARGUMENTS: dict[str, dict[str, Any]] = {
    "pause": {"status": "REVIEW"},
    "resume": {"status": "ACTIVE"},
    "archive": {"status": "ARCHIVED"},
    "errors": {"status": "error"},
    "share": {"shared": True},
}
