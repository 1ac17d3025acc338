"""Programs that users let in by signing in with a browser: the clients that made themselves known, and what each user granted them."""

from piccolo.columns import Bytea, Text
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.tables.columns import created, moment, not_empty, optional, owned_by, primary_key, text, texts
from db.tables.identity import ApiToken, User


class OauthClient(Table, tablename="oauth_clients"):
    """`client_id` is one that was given out, or the address of the client's own metadata document."""

    id = primary_key()
    client_id = Text()
    name = Text()
    redirect_uris = texts()
    seen_at = moment()
    created_at = created()

    oauth_clients_client_id_unique = Unique([client_id])
    oauth_clients_client_id_check = not_empty("client_id")


class OauthGrant(Table, tablename="oauth_grants"):
    """One user's consent. Codes and refresh tokens are hashes; `token_id` is the access token that is valid now."""

    id = primary_key()
    user_id = owned_by(User, index=True)
    token_id = optional(ApiToken, index=True)
    client_id = Text()
    client_name = Text()
    redirect_uri = Text()
    scopes = texts()
    resource = text()
    code_hash = Bytea(null=True, default=None)
    code_challenge = Text()
    code_expires_at = moment()
    code_used_at = moment()
    refresh_hash = Bytea(null=True, default=None)
    previous_hash = Bytea(null=True, default=None)
    refreshed_at = moment()
    revoked_at = moment()
    created_at = created()

    oauth_grants_code_hash_unique = Unique([code_hash])
    oauth_grants_refresh_hash_unique = Unique([refresh_hash])
    oauth_grants_code_challenge_check = Check("length(code_challenge) >= 43")
