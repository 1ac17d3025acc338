"""Generates `docs/reference.md` from the things themselves. Run as a module to rewrite it; `--check` only compares, as a test does too."""

import sys
from pathlib import Path

import click

from agent.actor import SCOPES
from agent.config import Settings, as_written
from agent.errors import CATALOGUE
from agent.tools.menu import TOOLS
from agent.tools.registry import Tool
from web.cli.commands import commands as main

SECTIONS = {
    "host": "Where it runs",
    "public_url": "On a public address",
    "secret_key": "Secrets, and what may be reached",
    "admin_email": "Who may come in",
    "smtp_url": "Mail",
    "anthropic_api_key": "Models and tools",
    "retention_days": "Limits",
    "test_mode": "Tests",
}
"""By the setting that each begins with."""
FILE = Path(__file__).resolve().parents[2] / "docs" / "reference.md"
_INTRODUCTION = "[Settings](#settings) · [Commands](#commands) · [Tools](#tools) · [Errors](#errors). Generated from the code; do not edit."


def text() -> str:
    """The whole page."""
    return "\n".join(["# Reference", "", _INTRODUCTION, "", *_settings(), *_commands(), *_tools(), *_errors()]) + "\n"


def _settings() -> list[str]:
    lines = ["## Settings", "", "Environment variables. They beat what is stored. On your own machine none is needed."]
    unused = dict(SECTIONS)
    for name, field in Settings.model_fields.items():
        if title := unused.pop(name, ""):
            lines += ["", f"### {title}", "", "| variable | default | effect |", "|---|---|---|"]
        variable = str(field.validation_alias) if field.validation_alias else f"WIRETALK_{name.upper()}"
        default = "" if field.default_factory or field.default in (None, "") else f"`{as_written(field.default)}`"
        lines.append(f"| `{variable}` | {default} | {field.description} |")
    if unused:
        raise LookupError(f"no settings begin the sections {', '.join(unused.values())}")
    return [*lines, ""]


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
            usage = f"{path} {name} {options}".strip().replace("|", "\\|")  # which would end the cell
            rows.append(f"| `{usage}` | {(command.help or '').splitlines()[0]} |")
    return rows


def _usage(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Argument):
        return parameter.make_metavar(click.Context(main))
    name = max(parameter.opts, key=len)
    return name if parameter.required else f"[{name}]"


def _tools() -> list[str]:
    rows = []
    nouns = list(dict.fromkeys(_noun(tool) for tool in TOOLS))
    for tool in sorted(TOOLS, key=lambda tool: nouns.index(_noun(tool))):
        required = set(tool.input_schema["required"])
        arguments = ", ".join(name if name in required else f"{name}?" for name in tool.input_schema["properties"])
        price = str(tool.price) if tool.price else ""
        rows.append(f"| `{tool.name}({arguments})` | {tool.effect} | `{tool.scope}` | {price} | {tool.description} |")
    scopes = ", ".join(f"`{scope}`" for scope in SCOPES)
    return ["## Tools", "", f"Scopes of a token: {scopes}.", "", "| tool | effect | scope | credits | does |", "|---|---|---|---|---|", *rows, ""]


def _noun(tool: Tool) -> str:
    return tool.name.partition("_")[0]


def _errors() -> list[str]:
    rows = [f"| `{code}` | {entry.status} | {entry.title} | {entry.remedy} |" for code, entry in CATALOGUE.items()]
    return ["## Errors", "", "| code | status | what | what to do |", "|---|---|---|---|", *rows, ""]


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        FILE.write_text(text())
    elif FILE.read_text() != text():
        sys.exit("docs/reference.md is not what the code says. Run: make reference")
