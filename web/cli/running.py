"""Running the server, filling it and connecting to it: what needs the whole application, whose import takes seconds."""

from pathlib import Path

import click

from agent import demo_accounts
from agent.config import settings
from web import serve as server
from web.cli.database import in_database
from web.mcp.snippets import snippets


@click.command()
@click.option("--host", help="Address to listen on. [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on. [default: 8000]")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the embedded database and the key file live.")
@click.option("--workers", type=int, help="Web processes. [default: 1]")
@click.option("--no-worker", is_flag=True, help="Do not run jobs in this process.")
def serve(host: str | None, port: int | None, data_dir: Path | None, workers: int | None, no_worker: bool) -> None:
    """Start the web server, on the embedded PostgreSQL unless DATABASE_URL is set."""
    server.serve(host, port, data_dir, workers, with_jobs=not no_worker)


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the embedded database and the key file live.")
def worker(data_dir: Path | None) -> None:
    """Run jobs, and nothing else, until SIGTERM. Give the web servers --no-worker then."""
    server.work(data_dir)


@click.command(name="seed")
@click.option("--even-if-public", is_flag=True, help="Also where others can reach this server: the password is public.")
def seed_command(even_if_public: bool) -> None:
    """Make the demo accounts demo1 to demo3, with captures and documents. Safe to run twice."""
    for line in in_database(demo_accounts.seed(even_if_public=even_if_public)):
        click.echo(line)


@click.command(name="mcp-config")
@click.argument("client", type=click.Choice(["claude-code", "claude-desktop", "cursor", "vscode"]), default="claude-code")
def mcp_config(client: str) -> None:
    """Print the snippet that connects an MCP client to this server; put a token from `wiretalk token create` in it."""
    found = next(one for one in snippets(settings().base_url, "$WIRETALK_TOKEN" if client == "claude-code" else "${WIRETALK_TOKEN}") if one.client == client)
    click.echo(found.text)
