"""Who there is: users, how they sign in, what they may do by token, and what was done."""

from piccolo.columns import Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.tables.columns import created, json, made_via, moment, not_empty, one_of, optional, owned_by, primary_key, text, texts, updated


class User(Table, tablename="users"):
    """`credits` caches the ledger's sum: change both in one transaction. E-mail and username are unique without regard to case."""

    id = primary_key()
    email = text()
    phone_number = text()
    username = text()
    full_name = text()
    avatar_url = text()
    password_hash = text()
    role = Text(default="USER")
    plan = Text(default="FREE")
    credits = Integer(default=0)
    is_verified = Boolean(default=False)
    verified_at = moment()
    is_active = Boolean(default=True)
    is_suspended = Boolean(default=False)
    preferences = json("{}")
    profile = json("{}")
    created_via = Text(default="web")
    last_login = moment()
    created_at = created()
    updated_at = updated()

    users_email_check = Check("email ~ '^[^@[:space:]]+@[^@[:space:]]+$' AND length(email) <= 254")
    users_phone_number_unique = Unique([phone_number])
    users_phone_number_check = Check("phone_number ~ '^[+][1-9][0-9]{1,14}$'")
    users_username_check = Check("username ~ '^[A-Za-z0-9_-]{3,30}$'")
    users_role_check = one_of("role", "USER", "ADMIN", "DEMO")
    users_plan_check = one_of("plan", "FREE", "PRO", "TEAM")
    users_credits_check = Check("credits >= 0")
    users_preferences_check = Check("coalesce(preferences ->> 'theme', 'system') IN ('light', 'dark', 'system')")
    users_created_via_check = made_via()


class LoginSession(Table, tablename="login_sessions"):
    """The token itself is only in the cookie. `confirmed_at`: when the password or a code was last given."""

    id = primary_key()
    user_id = owned_by(User)
    token_hash = Bytea()
    expires_at = Timestamptz()
    last_seen_at = created()
    confirmed_at = created()
    ip_address = text()
    user_agent = text()
    created_at = created()
    updated_at = updated()

    login_sessions_token_hash_unique = Unique([token_hash])
    login_sessions_token_hash_check = Check("length(token_hash) >= 16")


class OauthAccount(Table, tablename="oauth_accounts"):
    id = primary_key()
    user_id = owned_by(User, index=True)
    provider = Text()
    provider_account_id = Text()
    created_at = created()

    oauth_accounts_provider_provider_account_id_unique = Unique([provider, provider_account_id])
    oauth_accounts_provider_known_check = one_of("provider", "google", "github", "oidc")
    oauth_accounts_provider_account_id_check = not_empty("provider_account_id")


class UserMfa(Table, tablename="user_mfa"):
    """`secret` is encrypted; `backup_codes` are hashes, removed when used; `last_step` keeps a code from being used twice."""

    id = primary_key()
    user_id = owned_by(User)
    secret = Bytea()
    backup_codes = texts()
    is_enabled = Boolean(default=False)
    last_step = Integer(null=True, default=None)
    created_at = created()
    updated_at = updated()

    user_mfa_user_id_unique = Unique([user_id])
    user_mfa_secret_check = Check("length(secret) > 0")


class ApiToken(Table, tablename="api_tokens"):
    """`prefix` is what lists show; the token is stored as a hash only."""

    id = primary_key()
    user_id = owned_by(User)
    name = Text()
    token_hash = Bytea()
    prefix = Text()
    scopes = texts()
    expires_at = moment()
    last_used_at = moment()
    revoked_at = moment()
    created_at = created()
    updated_at = updated()

    api_tokens_token_hash_unique = Unique([token_hash])
    api_tokens_token_hash_check = Check("length(token_hash) >= 16")
    api_tokens_name_check = not_empty("name")


class AuditLog(Table, tablename="audit_logs"):
    """`user_email` outlives the user. Kept for a year."""

    id = primary_key()
    user_id = optional(User)
    user_email = text()
    action = Text()
    resource_type = text()
    resource_id = text()
    details = json("{}")
    ip_address = text()
    user_agent = text()
    created_at = created()

    audit_logs_action_check = not_empty("action")


class SetupToken(Table, tablename="setup_tokens"):
    """The one-time link that makes the first administrator."""

    id = primary_key()
    token_hash = Bytea()
    expires_at = Timestamptz()
    used_at = moment()
    created_at = created()

    setup_tokens_token_hash_unique = Unique([token_hash])
    setup_tokens_token_hash_check = Check("length(token_hash) >= 16")
