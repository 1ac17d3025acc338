"""Tools about the library of prompts. What another user shares is somebody else's text, not the user's wish."""

from typing import Annotated, Any

from msgspec import Meta

from agent.approvals import WHY
from agent.conversation import prompts
from agent.conversation.prompts import Prompt
from agent.tools.registry import Answer, Context, tool

PromptName = Annotated[str, Meta(description="The prompt's name, with or without a slash.", min_length=1, max_length=80)]


@tool(effect="read", scope="read", hears="remote")
async def prompt_list(context: Context) -> Answer:
    """List the saved prompts that the user may use, with the variables that each asks for."""
    found = (await prompts.list_(context.actor, limit=100)).items
    if not found:
        return Answer("There are no prompts yet. `prompt_save` keeps one.", {"items": []})
    is_own = all(one.is_own for one in found)
    return Answer("\n".join(_line(one) for one in found), {"items": found}, "trusted" if is_own else "remote")


@tool(effect="write", scope="write")
async def prompt_save(
    context: Context,
    name: PromptName,
    text: Annotated[str, Meta(description="The text; `{{variable}}` or `{{variable|default}}` is asked for when it is used.", max_length=20_000)],
) -> Answer:
    """Save a text as a prompt, or as a new version of the user's own prompt of this name."""
    made = await prompts.save(context.actor, name, text)
    return Answer(f"Saved as version {made.version}: `/{made.name}`{_asks(made)}.", made)


@tool(effect="read", scope="read", hears="remote")
async def prompt_use(
    context: Context,
    name: PromptName,
    variables: Annotated[dict[str, Any], Meta(description="Values by the names of the variables.")] | None = None,
) -> Answer:
    """Show a prompt's text with its variables put in; says which are missing."""
    found = await prompts.find(context.actor, name)
    filled = prompts.fill(found, {one: str(value) for one, value in (variables or {}).items()})
    missing = f"\n\nNot given: {', '.join(f'`{one}`' for one in filled.missing)}." if filled.missing else ""
    return Answer(filled.text + missing, filled, "trusted" if found.is_own else "remote")


@tool(effect="destructive", scope="write", asks_for=lambda _: WHY["deletes a prompt"])
async def prompt_delete(context: Context, name: PromptName) -> Answer:
    """Delete one of the user's own prompts with all its versions."""
    found = await prompts.find(context.actor, name)
    await prompts.delete(context.actor, found.id)
    return Answer(f"The prompt `{found.name}` is deleted.", {"deleted": str(found.id), "name": found.name})


def _line(prompt: Prompt) -> str:
    whose = f", shared by {prompt.owner}" if prompt.owner else ", shared" if prompt.is_shared else ""
    return f"- `/{prompt.name}` (version {prompt.version}{whose}){_asks(prompt)}: {' '.join(prompt.text.split())[:160]}"


def _asks(prompt: Prompt) -> str:
    return f", asks for {', '.join(f'`{one.name}`' for one in prompt.variables)}" if prompt.variables else ""
