"""What the guide says without calling anything: its verbs with examples, small talk, what it cannot do."""

import re

from agent.providers.base import ToolSpec
from agent.providers.guide import chinese
from agent.providers.guide.intents import nearest
from agent.providers.guide.memory import Memory
from agent.providers.guide.verbs import VERBS
from agent.providers.guide.verbs.verb import Verb

CANNOT = "I'm the built-in guide, no language model: I know Wiretalk's own verbs and answer from what was captured. For free conversation add a provider key in the settings."
TALK: tuple[tuple[str, str], ...] = (
    (r"^\W*(hello|hi|hey|good (morning|afternoon|evening)|howdy|greetings|你好)\b", "Hello! Say which API you care about, for example *capture https://api.example.com*, or *capture the demo API*. `/help` lists all I understand."),
    (r"^\W*(thanks|thank you|cheers|great|perfect|nice|cool|awesome|谢谢)\b", "You're welcome."),
    (r"^\W*(yes|ok|okay|sure|fine|good)\W*$", "Ready when you are."),
    (r"^\W*(no|stop|cancel|never ?mind|forget it|nothing|leave it|不用了|算了)\b", "All right, nothing was done."),
    (r"\b(do not|don'?t|never|不要)\b", "All right, I won't."),
    (r"\b(who|what) are you\b|chatgpt|language model|are you (an? )?(ai|bot|human)", CANNOT),
    (r"^\W*what (is|are) (an? )?openapi", "OpenAPI is the usual machine-readable description of an HTTP API. I write one from captured calls: say *document it*."),
    (r"^\W*what('s| is| are) (an? )?(proxy|capture) ?(url)?", "A proxy URL stands in for your API's address: requests sent to it are forwarded unchanged and recorded. Say *capture https://api.example.com* to get one."),
)  # fmt: skip


def small_talk(text: str, tools: tuple[ToolSpec, ...]) -> str:
    """A fixed answer to a greeting, a thank-you, a refusal, a question about the guide; "" for anything else."""
    text = chinese.heard(text)
    if re.search(r"^\W*(what can you do|help|commands)\b", text, re.IGNORECASE):
        return commands(tools)
    return next((answer for pattern, answer in TALK if re.search(pattern, text, re.IGNORECASE)), "")


def help_text(text: str, tools: tuple[ToolSpec, ...], suggested: tuple[str, ...] = ()) -> str:
    """For what was not understood: says so, and names the verbs that come nearest, else what to say next."""
    offered = {tool.name for tool in tools}
    near = [verb for verb in nearest(text, Memory(), 6) if verb.tool in offered][:3] or ([] if suggested else offered_verbs(tools)[:3])
    hints = "\n".join([f"- *{verb.example}* – {verb.does}" for verb in near] or [f"- *{one}*" for one in suggested])
    return f"{CANNOT}\n\nThe nearest I can do:\n\n{hints}\n\n`/help` lists everything." if hints else CANNOT


def commands(tools: tuple[ToolSpec, ...]) -> str:
    """Every verb that is offered, with one example each."""
    rows = [f"| {verb.does} | *{verb.example}* | {' '.join(f'`/{name}`' for name in verb.commands)} |" for verb in offered_verbs(tools)]
    if not rows:
        return f"{CANNOT} Tools are switched off for this chat."
    return (
        "I'm the built-in guide, no language model. Say these in your own words, or as a command:\n\n| What | For example | Command |\n|---|---|---|\n"
        + "\n".join(rows)
    )


def offered_verbs(tools: tuple[ToolSpec, ...]) -> list[Verb]:
    names = {tool.name for tool in tools}
    return [verb for verb in VERBS if verb.example and verb.tool in names]
