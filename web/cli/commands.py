"""The commands, each in a module of its group, which is imported when the command is used: none must wait for what another needs."""

import gc
from importlib import import_module

import click

from agent.errors import Problem

_COMMANDS: dict[str, str] = {
    "backup": "web.cli.maintain:backup",
    "chat": "web.cli.chat:chat",
    "diff": "web.cli.diff:diff",
    "discover": "web.cli.discover:discover",
    "doctor": "web.cli.maintain:doctor",
    "drift": "web.cli.diff:drift",
    "mcp-config": "web.cli.running:mcp_config",
    "migrate": "web.cli.operate:migrate_command",
    "restore": "web.cli.maintain:restore",
    "rotate-key": "web.cli.maintain:rotate_key",
    "seed": "web.cli.running:seed_command",
    "serve": "web.cli.running:serve",
    "token": "web.cli.operate:token",
    "user": "web.cli.operate:user",
    "worker": "web.cli.running:worker",
}


class _Commands(click.Group):
    """A group that imports a command when it is asked for, and says an expected failure in its sentence."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Problem as problem:
            click.echo(problem.sentence(), err=True)
            raise SystemExit(2) from problem

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        gc.disable()  # an import makes no garbage, and looking for it takes a sixth of the time
        try:
            return getattr(import_module(module), name)
        finally:
            gc.enable()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option("0.1.0", prog_name="wiretalk")
def commands() -> None:
    """Say which API you care about, use it as you always do, and talk with what was heard."""
