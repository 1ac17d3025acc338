"""The tool about what was used."""

from typing import Annotated

from msgspec import Meta

from agent.billing import usage
from agent.billing.usage import Period
from agent.tools.registry import Answer, Context, tool


@tool(effect="read", scope="read")
async def usage_get(context: Context, period: Annotated[Period, Meta(description="`day` is today, `month` the last thirty days.")] = "month") -> Answer:
    """Show the messages, tokens, uploads and cost of today or the last thirty days, and what the plan still allows today."""
    found = await usage.report(context.actor, period)
    left = ", ".join(f"{meter.left:,} of {meter.limit:,} {meter.kind}" for meter in found.today.meters if meter.limit is not None and meter.left is not None)
    span = "Today" if period == "day" else "In thirty days"
    cost = "at an unknown cost" if found.total.cost is None else f"about ${found.total.cost:,.2f}"
    text = f"{span}: {found.total.messages:,} messages, {found.total.tokens:,} tokens, {found.total.uploads:,} uploads, {cost}."
    text += f"\nLeft today on the {found.today.plan} plan: {left}; it resets at {found.today.resets_at:%H:%M} UTC." if left else "\nNothing is limited for you."
    return Answer(f"{text}\nPrices: {found.price_source}.", found)
