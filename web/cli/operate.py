"""What an operator does to a server: users, tokens, migrations."""

import click

from agent.accounts import tokens, users
from db.tables import User
from web.cli.database import in_database


@click.command(name="migrate")
def migrate_command() -> None:
    """Bring the database up to date."""
    in_database(_nothing())
    click.echo("The database is up to date.")


@click.group()
def user() -> None:
    """Accounts."""


@user.command(name="create")
@click.option("--email", required=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@click.option("--role", type=click.Choice(["USER", "ADMIN", "DEMO"]), default="USER")
def user_create(email: str, password: str, role: str) -> None:
    """Make an account."""
    made = in_database(users.sign_up(email, password, via="cli", role=role))  # type: ignore[arg-type]  # click has checked the choice
    click.echo(f"{made.id} {made.email} {made.role}")


@user.command(name="list")
def user_list() -> None:
    """Who there is."""
    for line in in_database(_user_lines()):
        click.echo(line)


@click.group()
def token() -> None:
    """API tokens."""


@token.command(name="create")
@click.option("--email", required=True)
@click.option("--name", default="cli")
@click.option("--scopes", default="", help="Comma-separated: read, write, call, spend, approve. [default: all]")
def token_create(email: str, name: str, scopes: str) -> None:
    """Print a new token, alone."""
    click.echo(in_database(_new_token(email, name, [scope.strip() for scope in scopes.split(",") if scope.strip()])))


async def _nothing() -> None:
    return None


async def _new_token(email: str, name: str, scopes: list[str]) -> str:
    actor = await users.actor_by_email(email)
    return (await tokens.create(actor, name, scopes or None)).token


async def _user_lines() -> list[str]:
    rows = await User.raw("SELECT id, email, role, credits, created_at FROM users ORDER BY id")
    return [f"{row['id']} {row['email'] or '-'} {row['role']} {row['credits']} {row['created_at']:%Y-%m-%d}" for row in rows]
