"""Generates `docs/reference.md` from the things themselves. Run as a module to rewrite it; `--check` only compares, as a test does too."""

import sys
from pathlib import Path

import click

from agent.actor import SCOPES
from agent.config import Settings
from agent.errors import CATALOGUE
from agent.tools.menu import TOOLS
from web.cli.commands import commands as main

FILE = Path(__file__).resolve().parents[2] / "docs" / "reference.md"


def text() -> str:
    """The whole page."""
    return "\n".join(["# Reference", "", "Generated; do not edit.", "", *_settings(), *_commands(), *_tools(), *_errors()]) + "\n"


def _settings() -> list[str]:
    rows = []
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias) if field.validation_alias else f"WIRETALK_{name.upper()}"
        default = "" if field.default_factory or field.default in (None, "") else f"`{field.default}`"
        rows.append(f"| `{variable}` | {default} | {field.description} |")
    return ["## Settings", "", "Environment variables. They beat what is stored.", "", "| variable | default | effect |", "|---|---|---|", *rows, ""]


def _commands() -> list[str]:
    return ["## Commands", "", "| command | does |", "|---|---|", *_command_rows(main, "wiretalk"), ""]


def _command_rows(group: click.Group, path: str) -> list[str]:
    rows: list[str] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            raise LookupError(name)
        if isinstance(command, click.Group):
            rows += _command_rows(command, f"{path} {name}")
        else:
            options = " ".join(_usage(parameter) for parameter in command.params)
            rows.append(f"| `{f'{path} {name} {options}'.strip()}` | {(command.help or '').splitlines()[0]} |")
    return rows


def _usage(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Argument):
        return parameter.make_metavar(click.Context(main))
    name = max(parameter.opts, key=len)
    return name if parameter.required else f"[{name}]"


def _tools() -> list[str]:
    rows = []
    for tool in TOOLS:
        required = set(tool.input_schema["required"])
        arguments = ", ".join(name if name in required else f"{name}?" for name in tool.input_schema["properties"])
        price = str(tool.price) if tool.price else ""
        rows.append(f"| `{tool.name}({arguments})` | {tool.effect} | `{tool.scope}` | {price} | {tool.description} |")
    scopes = ", ".join(f"`{scope}`" for scope in SCOPES)
    return ["## Tools", "", f"Scopes of a token: {scopes}.", "", "| tool | effect | scope | credits | does |", "|---|---|---|---|---|", *rows, ""]


def _errors() -> list[str]:
    rows = [f"| `{code}` | {entry.status} | {entry.title} | {entry.remedy} |" for code, entry in CATALOGUE.items()]
    return ["## Errors", "", "| code | status | what | what to do |", "|---|---|---|---|", *rows, ""]


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        FILE.write_text(text())
    elif FILE.read_text() != text():
        sys.exit("docs/reference.md is not what the code says. Run: make reference")
