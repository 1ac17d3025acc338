"""The tool about credits."""

from agent.billing import ledger
from agent.tools.endpoints import ENDPOINT_PRICE
from agent.tools.registry import Answer, Context, tool


@tool(effect="read", scope="read")
async def credit_check(context: Context) -> Answer:
    """Show the balance in credits, the newest ledger entries, and what things cost."""
    now = await ledger.balance(context.actor)
    newest = await ledger.entries(context.actor, limit=10)
    held = f" ({now.held} of them held by running tools)" if now.held else ""
    lines = [f"- {entry.created_at:%Y-%m-%d} {entry.amount:+d}: {entry.description} (balance {entry.balance_after})" for entry in newest.items]
    text = f"You have {now.credits} credits{held}. An endpoint costs {ENDPOINT_PRICE}.\n" + "\n".join(lines)
    return Answer(
        text,
        {"balance": now.credits, "held": now.held, "available": now.available, "prices": {"endpoint_create": ENDPOINT_PRICE}, "transactions": newest.items},
    )
