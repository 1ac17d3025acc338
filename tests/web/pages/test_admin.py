"""The administrator's pages: for administrators, and everything done there is in the log."""

import asyncio
import re
from uuid import UUID

import pytest

from agent import ai_providers, jobs
from agent.accounts import users
from tests.web.pages.conftest import Door

Doors = tuple[Door, Door, Door]
_PAGES = ("/admin", "/admin/audit", "/admin/audit.csv", "/admin/health", "/admin/settings", "/admin/providers", "/admin/jobs", "/admin/credits")


@pytest.fixture
async def root(doors: Doors) -> Door:
    """An administrator, through the stranger's door."""
    await users.sign_up("root@example.com", "correct horse", role="ADMIN")
    await doors[2].sign_in("root@example.com")
    return doors[2]


async def test_nobody_else_sees_them(doors: Doors) -> None:
    """A user is refused, a stranger is asked to sign in; nor is a form taken."""
    ada, _, stranger = doors
    bob = (await users.actor_by_email("bob@example.com")).user_id
    for page in _PAGES:
        assert (await ada.get(page)).status_code == 403
        assert (await stranger.get(page)).status_code in (303, 401)
    for path in (f"/admin/users/{bob}", f"/admin/users/{bob}/credits", f"/admin/users/{bob}/reset-link"):
        assert (await ada.post(path, {"does": "suspend", "amount": "5", "reason": "x", "once": "1"})).status_code == 403
    assert (await users.get(await users.actor_by_email("bob@example.com"), bob)).credits == 100


async def test_every_page_opens(root: Door) -> None:
    """With what it is for; no setting shows a secret."""
    texts = [(await root.get(page)).text for page in _PAGES]
    assert "ada@example.com" in texts[0]
    assert "USER_CREATED" in texts[1]
    assert texts[2].startswith("created_at,action,user_email")
    assert "no difference" in texts[3]
    assert "WIRETALK_ALLOW_HOSTS" in texts[4]
    assert "postgresql://" not in texts[4]
    assert "https://api.anthropic.com" in texts[5]
    assert "No worker has run yet" in texts[6]


async def test_an_administrator_helps_themselves(root: Door) -> None:
    """The only one of a server must not run out of credits: the form is there for oneself too, and nothing that would lock one out."""
    own = (await users.actor_by_email("root@example.com")).user_id
    page = (await root.get("/admin")).text
    assert f'action="/admin/users/{own}/credits"' in page and f'action="/admin/users/{own}"' not in page
    assert 'href="/admin"' in (await root.get("/credits")).text
    await root.post(f"/admin/users/{own}/credits", {"amount": "50", "reason": "more", "once": "1"}, at="/admin")
    assert (await users.get(await users.actor_by_email("root@example.com"), own)).credits == 150


async def test_suspended_is_out_at_once_and_back_again(doors: Doors, root: Door) -> None:
    """Both are in the log."""
    ada, bob, _ = doors
    path = f"/admin/users/{(await users.actor_by_email('bob@example.com')).user_id}"
    await root.post(path, {"does": "suspend"}, at="/admin")
    assert (await bob.get("/apis")).headers["location"].startswith("/login")
    assert (await ada.get("/apis")).status_code == 200
    await root.post(path, {"does": "restore"}, at="/admin")
    await bob.sign_in("bob@example.com")
    assert (await bob.get("/apis")).status_code == 200
    assert (await root.get("/admin/audit?action=user_updated")).text.count("<code>USER_UPDATED</code>") == 2


async def test_a_provider_is_switched_off_for_all(doors: Doors, root: Door) -> None:
    """Nobody is offered it until it is switched on again; the guide stays; both switchings are in the log."""
    ada, admin = await users.actor_by_email("ada@example.com"), await users.actor_by_email("root@example.com")
    found = {provider.name: provider.id for provider in await ai_providers.offered(admin)}
    for does, offered in (("withdraw", False), ("offer", True)):
        assert (await root.post(f"/admin/providers/{found['openai']}", {"does": does}, at="/admin/providers")).status_code == 303
        assert ("openai" in {provider.name for provider in await ai_providers.list_(ada)}) == offered
    assert (await root.post(f"/admin/providers/{found['builtin']}", {"does": "withdraw"}, at="/admin/providers")).status_code == 404
    assert (await root.get("/admin/audit?action=provider_updated")).text.count("<code>PROVIDER_UPDATED</code>") == 2


async def test_a_job_is_started_by_hand(root: Door) -> None:
    """What the clock starts is listed with its figures; by hand it waits once, however often the button is pressed, and the log says who pressed it."""
    done = asyncio.Event()

    async def work(_: bytes) -> None:
        done.set()

    await jobs.install()
    async with jobs.running([jobs.Job("nightly", work, cron="0 2 * * *")]):
        for _ in range(600):
            if "nightly" in (await root.get("/admin/jobs")).text:
                break
            await asyncio.sleep(0.1)
        assert (await root.post("/admin/jobs/nightly", at="/admin/jobs")).status_code == 303
        await asyncio.wait_for(done.wait(), 60)
    assert (await root.post("/admin/jobs/other", at="/admin/jobs")).status_code == 404
    assert "JOB_STARTED" in (await root.get("/admin/audit?action=job")).text


async def test_nobody_suspends_or_demotes_themselves(root: Door) -> None:
    """So that one administrator is always left."""
    path = f"/admin/users/{(await users.actor_by_email('root@example.com')).user_id}"
    for does in ("suspend", "demote"):
        assert (await root.post(path, {"does": does}, at="/admin")).status_code == 403


async def test_credits_are_adjusted_once_with_a_reason(root: Door) -> None:
    """A form that is sent twice counts once, also in the log; taking more than there is, and from nobody, is refused; the page of credits shows it."""
    bob = await users.actor_by_email("bob@example.com")
    path = f"/admin/users/{bob.user_id}/credits"
    for _ in range(2):
        assert (await root.post(path, {"amount": "50", "reason": "sorry", "once": "a"}, at="/admin")).status_code == 303
    assert (await users.get(bob, bob.user_id)).credits == 150
    for form, status in (({"amount": "-500", "reason": "x"}, 402), ({"amount": "5", "reason": " "}, 422), ({"amount": "x", "reason": "x"}, 422)):
        assert (await root.post(path, {**form, "once": str(form)}, at="/admin")).status_code == status
    assert (await root.post(f"/admin/users/{UUID(int=1)}/credits", {"amount": "5", "reason": "x", "once": "b"}, at="/admin")).status_code == 404
    assert (await root.get("/admin/audit.csv?action=credits")).text.count("sorry") == 1
    shown = (await root.get("/admin/credits")).text
    assert "takes no payments" in shown
    assert re.search(r"bob@example\.com</td>.*?sorry</td>.*?\+50<", shown)


async def test_a_link_to_hand_over(root: Door, doors: Doors) -> None:
    """Opens the page for a new password."""
    bob = await users.actor_by_email("bob@example.com")
    answer = await root.post(f"/admin/users/{bob.user_id}/reset-link", at="/admin")
    found = re.search(r"/reset\?token=[\w-]+", answer.text)
    assert found
    assert (await doors[0].get(found[0])).status_code == 200


async def test_the_export_runs_no_formula(root: Door) -> None:
    """A cell that begins like one is quoted."""
    await users.sign_up("=cmd|calc@example.com", "correct horse")
    text = (await root.get("/admin/audit.csv")).text
    assert ",'=cmd|calc@example.com," in text
