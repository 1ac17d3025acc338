"""The user's own MCP servers as a page, snippets for clients, and the text for programs that read."""

from tests.agent.test_remote_mcp import ECHO, Remote
from tests.live import serving
from tests.web.pages.conftest import Door

Doors = tuple[Door, Door, Door]


async def test_a_server_is_connected_tested_accepted_and_disconnected(doors: Doors) -> None:
    """Each by its form; what changed is shown with a button, a secret is never shown, a stranger's form does nothing."""
    ada, bob, _ = doors
    remote = Remote()
    async with serving(remote, http="httptools") as url:
        at = "/settings/servers"
        await ada.post(at, {"url": f"{url}/mcp", "name": "notes", "auth": "key", "secret": "canary-key"}, at=at)
        page = (await ada.get(at)).text
        assert "notes__echo" in page
        assert "Connected" in page
        assert "canary" not in page
        assert remote.headers[-1]["x-api-key"] == "canary-key"
        server = page.split("/settings/servers/")[1].split("/")[0]
        remote.tools = [{**ECHO, "description": "Now <b>with</b> more."}]
        await ada.post(f"{at}/{server}/test", at=at)
        page = (await ada.get(at)).text
        assert "Changed" in page
        assert "Now &lt;b&gt;with" in page
        await ada.post(f"{at}/{server}/accept", {"tool": "notes__echo"}, at=at)
        assert "Changed" not in (await ada.get(at)).text
        assert (await bob.post(f"{at}/{server}/delete", at=at)).status_code == 404
        refused = await ada.post(at, {"url": "http://169.254.169.254/mcp"}, at=at)
        assert "metadata" in refused.text
        await ada.post(f"{at}/{server}/delete", at=at)
        assert "notes__echo" not in (await ada.get(at)).text


async def test_snippets_and_the_text_for_programs(doors: Doors) -> None:
    """Four clients with a way to test each; `/llms.txt` for anybody."""
    ada, _, stranger = doors
    page = (await ada.get("/settings/connect")).text
    for name in ("Claude Code", "Claude Desktop", "Cursor", "VS Code", "claude mcp add --transport http wiretalk", "claude mcp get wiretalk"):
        assert name in page
    text = await stranger.get("/llms.txt")
    assert text.headers["content-type"].startswith("text/plain")
    assert "/mcp/apis/{slug}" in text.text


async def test_an_api_is_described_by_a_document(doors: Doors) -> None:
    """From the Connect tab: the operations are there to call; what is no document is said on the page."""
    ada = doors[0]
    await ada.post("/apis", {"destination_url": "demo"})
    page = (await ada.get("/apis/demo-shop?tab=connect")).text
    assert "/mcp/apis/demo-shop" in page
    token = page.split('name="csrf" value="')[1].split('"')[0]
    document = b"openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\npaths: {/given: {get: {operationId: getGiven, responses: {}}}}\n"
    sent = await ada.http.post("/apis/demo-shop/describe", data={"csrf": token}, files={"file": ("a.yaml", document)})
    assert sent.status_code == 303
    assert "/given" in (await ada.get("/apis/demo-shop?tab=docs")).text
    wrong = await ada.http.post("/apis/demo-shop/describe", data={"csrf": token}, files={"file": ("a.yaml", b"hello")})
    assert wrong.status_code == 422
    assert "no OpenAPI document" in wrong.text
