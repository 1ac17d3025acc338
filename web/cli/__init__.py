"""`wiretalk`: one command for the server and for what operators and scripts do. Each group of commands is a module."""

import click

from web.cli import discover, operate


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option("0.1.0", prog_name="wiretalk")
def main() -> None:
    """Say which API you care about, use it as you always do, and talk with what was heard."""


for _command in (*operate.COMMANDS, discover.discover, discover.diff):
    main.add_command(_command)
