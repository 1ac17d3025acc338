"""The conversation by plain HTTP: messages, refusals, other people's chats, history restore."""

import asyncio
import re
from uuid import uuid4

from tests.web.pages.conftest import Door

Doors = tuple[Door, Door, Door]


async def _chat(door: Door) -> str:
    return (await door.post("/", {"message": "how many credits do I have?"})).headers["location"]


async def test_a_message_makes_a_chat_and_is_answered(doors: Doors) -> None:
    """The form leads to the chat's page, which soon has the answer as a card, and the rail a title."""
    ada = doors[0]
    chat = await _chat(ada)
    assert (await ada.post(f"{chat}/messages", {"message": "hello"}, at=chat)).headers["location"] == f"{chat}#end"
    async with asyncio.timeout(60):
        while "data-run" in (page := (await ada.get(chat)).text):
            await asyncio.sleep(0.05)
    assert '<span class="figure">100</span>' in page
    assert "Answer again" in page


async def test_a_page_with_the_whole_answer_has_its_title(doors: Doors) -> None:
    """However the page was drawn while the first answer was written: one that follows nothing any more is not called a new chat."""
    ada = doors[0]
    for _ in range(12):
        chat = await _chat(ada)
        while "data-run" in (page := (await ada.get(chat)).text):
            pass
        assert '<h1 class="cut" id="chat-title">New chat</h1>' not in page


async def test_own_things_are_cards_and_words_are_copied_as_written(doors: Doors) -> None:
    """Prompts and use have cards; what was said is given as it was written, to its owner alone."""
    ada, bob, _ = doors
    await ada.post("/prompts", {"name": "weekly", "text": "What failed in {{api}}?"}, at="/prompts")
    chat = (await ada.post("/", {"message": "list my prompts"})).headers["location"]
    await ada.post(f"{chat}/messages", {"message": "show my usage"}, at=chat)
    while "data-run" in (page := (await ada.get(chat)).text) or page.count('class="message assistant"') < 2:
        await asyncio.sleep(0.05)
    assert re.search(r'aria-label="Prompts">.*?href="/prompts/[\w-]+">/weekly</a>', page, re.DOTALL)
    assert re.search(r'aria-label="Usage">.*?<td>Messages</td>', page, re.DOTALL)
    address = re.findall(r'data-copy-from="([^"]+/markdown)"', page)
    written = await ada.get(address[-2])
    assert (written.headers["content-type"], written.text) == ("text/plain; charset=utf-8", "show my usage")
    assert (await bob.get(address[-2])).status_code == 404


async def test_what_failed_and_what_was_there_is_said_once(doors: Doors) -> None:
    """A failed step's sentence stands in the guide's words and not above them, too; the demo is captured once, and the second time costs nothing."""
    ada = doors[0]
    chat = (await ada.post("/", {"message": "why did the last call fail?"})).headers["location"]
    for said in ("capture the demo API", "capture the demo API", "试试演示"):
        await ada.post(f"{chat}/messages", {"message": said}, at=chat)
    while "data-run" in (page := (await ada.get(chat)).text) or page.count('class="message assistant"') < 4:
        await asyncio.sleep(0.05)
    shown = re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL)
    assert shown.count("No captured call has failed.") == 1
    assert page.count("25 credits</span>") == 1
    assert "<strong>Demo shop</strong> is captured already; nothing was charged. It has no calls yet." in shown
    assert re.findall(r'<a href="/apis/([\w-]+)">Demo shop</a>', page) == ["demo-shop"] * 3
    assert "没有扣除积分" in shown
    assert re.search(r'id="rail-credits"[^>]*>75 credits', page)


async def test_a_refused_message_is_kept_in_the_box(doors: Doors) -> None:
    """Empty and too long ones get a sentence with a status; a script gets the sentence alone."""
    ada = doors[0]
    long = await ada.post("/", {"message": "x" * 100_001})
    assert long.status_code == 200
    assert 'role="alert"' in long.text
    assert "x" * 100_001 in long.text
    alone = await ada.post("/", {"message": "  "}, **{"hx-request": "true"})
    assert alone.status_code == 422
    assert "<html" not in alone.text


async def test_what_is_typed_is_text(doors: Doors) -> None:
    """Markup in a message and in a title is shown, not obeyed."""
    ada = doors[0]
    chat = (await ada.post("/", {"message": "<img src=x onerror=alert(1)> </textarea><script>x</script>"})).headers["location"]
    await ada.post(f"{chat}/rename", {"title": "<b onmouseover=x>t</b>"})
    page = (await ada.get(chat)).text
    assert "<img src=x" not in page
    assert "<script>x" not in page
    assert "<b onmouseover" not in page


async def test_another_users_chat_is_not_there(doors: Doors) -> None:
    """Its page, its stream, its run, its approvals and every form answer 404 without saying more."""
    ada, bob, _ = doors
    chat = await _chat(ada)
    run = re.search(r"/runs/([\w-]+)/", (await ada.get(chat)).text)
    assert run
    assert (await bob.get(chat)).status_code == 404
    for query in (f"chat={chat[3:]}", f"chat={uuid4()}", f"run={run[1]}", ""):
        assert (await bob.get(f"/stream?{query}")).status_code == 404
    for path, data in (
        (f"{chat}/messages", {"message": "hi"}),
        (f"{chat}/rename", {"title": "x"}),
        (f"{chat}/archive", {}),
        (f"{chat}/delete", {}),
        (f"/runs/{run[1]}/stop", {}),
        (f"/runs/{run[1]}/retry", {}),
        (f"/approvals/{uuid4()}", {}),
    ):
        answer = await bob.post(path, data)
        assert answer.status_code == 404 or 'role="alert"' in answer.text, path
        assert "credits do I have" not in answer.text
    assert "credits do I have" in (await ada.get(chat)).text


async def test_history_restore_gets_a_whole_page(doors: Doors) -> None:
    """The browser's Back asks with the same header as a script, and needs everything."""
    ada = doors[0]
    piece = await ada.get("/search?q=x", **{"hx-request": "true"})
    whole = await ada.get("/search?q=x", **{"hx-request": "true", "hx-history-restore-request": "true"})
    assert "<html" not in piece.text
    assert "<html" in whole.text


async def test_chats_are_renamed_archived_and_deleted(doors: Doors) -> None:
    """Each from its own page; the lists follow."""
    ada = doors[0]
    chat = await _chat(ada)
    await ada.post(f"{chat}/rename", {"title": "Money"})
    assert "Money" in (await ada.get("/chats")).text
    await ada.post(f"{chat}/archive")
    assert "Money" in (await ada.get("/chats?status=archived")).text
    await ada.post(f"{chat}/delete")
    assert (await ada.get(chat)).status_code == 404


async def test_every_page_forbids_inline_code(doors: Doors) -> None:
    """No script without a file, no handler attribute, no style attribute: the policy would refuse them."""
    ada = doors[0]
    for path in ("/", "/apis", "/settings", "/settings/keys", "/credits", "/chats", "/needs-you"):
        answer = await ada.get(path)
        assert "'unsafe" not in answer.headers["content-security-policy"]
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"", answer.text), path
