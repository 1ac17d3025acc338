"""Settings: the environment, read once. `docs/reference.md` lists each with its default and effect."""

import os
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from agent.errors import Problem
from db.embedded import default_data_dir


class Settings(BaseSettings):
    """`WIRETALK_<NAME>` each, except `DATABASE_URL`, `PORT` and the two provider keys."""

    model_config = SettingsConfigDict(env_prefix="WIRETALK_", frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, validation_alias="PORT", description="Port to listen on.")
    workers: int = Field(1, description="Web processes.")
    worker: bool = Field(True, description="Whether the web processes also run jobs; without, run `wiretalk worker`.")
    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="Embedded database, key file, captures on their way; for root `/var/lib/wiretalk`, else `~/.local/share/wiretalk`.",
    )
    database_url: str | None = Field(None, validation_alias="DATABASE_URL", description="A PostgreSQL to use instead of the embedded one.")
    log_level: str = Field("info", description="debug, info, warning or error.")

    public_url: str | None = Field(None, description="The address that users and clients see; default: host and port.")
    proxy_url: str | None = Field(
        None, description="An address of its own for the capturing proxy, such as `https://proxy.example.com`: then `/proxy` is served there and nowhere else."
    )
    trusted_proxies: str = Field(
        "", description="Addresses or networks of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, comma-separated."
    )

    secret_key: SecretStr | None = Field(None, description="Encryption keys, newest first, comma-separated; default: a key file in the data directory.")
    allow_hosts: Annotated[str, NoDecode] = Field("", description="Private networks or names that outgoing connections may reach, comma-separated.")

    admin_email: str | None = Field(None, description="With the password: creates the administrator at the first start.")
    admin_password: SecretStr | None = Field(None, description="See the e-mail.")
    signup: bool = Field(True, description="Whether strangers may create accounts.")
    google_client_id: str | None = Field(None, description="With the secret: sign-in with Google.")
    google_client_secret: SecretStr | None = Field(None, description="See the id.")
    github_client_id: str | None = Field(None, description="With the secret: sign-in with GitHub.")
    github_client_secret: SecretStr | None = Field(None, description="See the id.")
    github_url: str = Field("https://github.com", description="Another GitHub server, for GitHub Enterprise.")
    oidc_issuer: str | None = Field(None, description="With id and secret: sign-in with any OpenID Connect provider, by its issuer URL.")
    oidc_client_id: str | None = Field(None, description="See the issuer.")
    oidc_client_secret: SecretStr | None = Field(None, description="See the issuer.")
    oidc_name: str = Field("single sign-on", description="What the sign-in button calls that provider.")

    smtp_url: SecretStr | None = Field(
        None, description="Mail server, such as `smtp://user:password@host:587` or `smtps://…`; without one, administrators hand links over."
    )
    mail_from: str | None = Field(None, description="Sender of mails; default: `wiretalk@` the mail server.")

    anthropic_api_key: SecretStr | None = Field(
        None, validation_alias="ANTHROPIC_API_KEY", description="Offers Anthropic's models to every user at the operator's cost."
    )
    openai_api_key: SecretStr | None = Field(
        None, validation_alias="OPENAI_API_KEY", description="Offers OpenAI's models to every user at the operator's cost."
    )
    titles_by_model: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Whether the model of a chat's first answer words its title and suggestions; `auto`: a remote one does, a local one is not kept busy.",
    )
    ask_above_credits: int = Field(50, ge=0, description="Credits that one answer may spend before each further one needs an approval.")
    mcp_servers: Path | None = Field(
        None, description="A JSON file of MCP servers that are commands, which the users may then connect; its form is shown in `docs/mcp-servers.md`."
    )

    retention_days: int = Field(90, ge=1, description="Days for which captured calls of free accounts are kept; those of paying ones at least a year.")
    body_limit: int = Field(1024 * 1024, description="Bytes kept of each captured body.")
    message_limit: int = Field(100_000, description="Characters in one chat message.")
    requests_per_minute: int = Field(600, ge=1, description="Requests to the API that one user may send in a minute, by all their tokens together.")
    stranger_requests_per_minute: int = Field(60, ge=1, description="The same for one address that is not signed in.")

    test_mode: bool = Field(False, description="For the test suite: offers the scripted provider.")

    @field_validator("trusted_proxies")
    @classmethod
    def _names_networks(cls, value: str) -> str:
        """What would never match is refused at the start, not found out when every client has the same address."""
        _networks(value)
        return value

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return _networks(self.trusted_proxies)

    @property
    def data(self) -> Path:
        return self.data_dir.expanduser().resolve()

    @property
    def base_url(self) -> str:
        return (self.public_url or f"http://{_bracketed(self.host)}:{self.port}").rstrip("/")

    @property
    def proxy_base_url(self) -> str:
        return (self.proxy_url or self.base_url).rstrip("/")

    @property
    def is_secure(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def is_loopback_only(self) -> bool:
        """Whether nobody but this machine can reach the server; then loopback targets are allowed too."""
        return self.public_url is None and self.proxy_url is None and _is_loopback(self.host)


_HOLDS_SECRETS = {"database_url"}


class Origin(NamedTuple):
    """One setting as its page shows it; a secret only as whether it is set."""

    variable: str
    value: str
    is_from_environment: bool
    description: str


def origins() -> list[Origin]:
    """Every setting, in the order of their definition."""
    here, found = settings(), list[Origin]()
    for name, field in Settings.model_fields.items():
        value = getattr(here, name)
        is_secret = value is not None and (isinstance(value, SecretStr) or name in _HOLDS_SECRETS)
        found.append(Origin(_variable(name), "••••" if is_secret else as_written(value), name in here.model_fields_set, field.description or ""))
    return found


@lru_cache(1)
def settings() -> Settings:
    """The settings of this process. Tests clear the cache after changing the environment. Raises invalid_arguments; no value is told, it may be a secret."""
    try:
        return Settings()  # pyright: ignore[reportCallIssue]  # every value has a default or comes from the environment
    except ValidationError as error:
        wrong = [f"`{_variable(str(one['loc'][0]))}`: {one['msg'].removeprefix('Value error, ')}" for one in error.errors()]
        raise Problem("invalid_arguments", f"{'; '.join(wrong)}.", remedy="Correct it in the environment; docs/reference.md lists the settings.") from error


def from_environment(name: str) -> str | None:
    """A variable that is no setting, which a file of the operator's names."""
    return os.environ.get(name)


def as_written(value: object) -> str:
    """A value as one writes it in the environment."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _variable(name: str) -> str:
    """What a setting is called in the environment; pydantic tells of an aliased one by its alias."""
    field = Settings.model_fields.get(name)
    return name if field is None else str(field.validation_alias or f"WIRETALK_{name.upper()}")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
