"""The credits page: what was spent on what, chosen and taken away."""

from agent.accounts import users
from agent.billing import ledger
from tests.web.pages.conftest import Door

Doors = tuple[Door, Door, Door]


async def test_the_ledger_is_chosen_and_taken_away(doors: Doors) -> None:
    """By kind and by days, which are meant whole; nobody sees another's; what is no date is said."""
    ada, bob, stranger = doors
    actor = await users.actor_by_email("ada@example.com")
    await ledger.settle(await ledger.hold(actor.user_id, 25, "endpoint_create", key="a"), "ENDPOINT", "`endpoint_create`")
    await ledger.hold(actor.user_id, 10, "endpoint_create", key="b")
    page = (await ada.get("/credits")).text
    for said in ("65", "10 held", "Held at the moment", "2 entries", "+100 received", "25 spent", ">75<"):
        assert said in page, said
    assert "1 entry" in (await ada.get("/credits?kind=spent")).text
    day = (await ledger.entries(actor)).items[0].created_at.date()
    assert "2 entries" in (await ada.get(f"/credits?since={day}&until={day}")).text
    assert "No entry fits" in (await ada.get("/credits?until=2020-01-01")).text
    assert (await ada.get("/credits?since=yesterday")).status_code == 400
    file = await ada.get("/credits.csv?kind=spent")
    assert file.headers["content-disposition"] == 'attachment; filename="credits.csv"'
    assert [row.split(",")[4] for row in file.text.splitlines()] == ["amount", "-25"]
    assert len((await bob.get("/credits.csv")).text.splitlines()) == 2
    assert (await stranger.get("/credits.csv")).status_code == 303
