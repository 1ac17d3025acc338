"""Programs that were let in: what two requests in the same moment must not come to. The rest is told at the doors, in `tests/web/test_oauth.py`."""

import asyncio

import asyncpg
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from agent.accounts import grants
from agent.actor import Actor

_LASTING = "SELECT count(*) FROM api_tokens WHERE revoked_at IS NULL AND expires_at > now() + interval '1 minute'"


async def test_tokens_that_are_refreshed_at_once_end_with_their_grant(ada: Actor, database: asyncpg.Pool) -> None:
    """Of those that a client gets in the same moment one outlives the grace, and none the grant."""
    client = await grants.register({"redirect_uris": ["https://app.example/back"]})
    challenge = {"response_type": "code", "code_challenge_method": "S256", "code_challenge": create_s256_code_challenge("v" * 43)}
    code = await grants.consent(ada, grants.check(client, client.redirect_uris[0], challenge), ["read"])
    first = await grants.exchange(code, client.client_id, "", "v" * 43, "")
    await asyncio.gather(*(grants.refresh(first.refresh_token, client.client_id, "") for _ in range(8)), return_exceptions=True)
    assert await database.fetchval(_LASTING) == 1
    await grants.end_all(ada.user_id)
    assert await database.fetchval(_LASTING) == 0
