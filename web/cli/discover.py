"""`wiretalk discover` and its options. What it does is in `discovering`."""

import click

from web.cli.captured import seldom_swept
from web.cli.discovering import FORMATS, PROCESSES, Asked, run


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output", metavar="OUT", help="Write to this file instead of stdout. Its ending chooses YAML or JSON.")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="What to write; by default OpenAPI, or what OUT's ending says.")
@click.option("--processes", type=click.IntRange(1, 64), default=PROCESSES, show_default=True, help="How many processes share a large input.")
@click.option("--evidence/--no-evidence", default=True, show_default=True, help="Say in OpenAPI and Markdown what it rests on.")
def discover(files: tuple[str, ...], output: str | None, kind: str | None, processes: int, *, evidence: bool) -> None:
    """Describe the API in captured traffic.

    FILE is HAR 1.2 (gzipped or not), a mitmproxy flow file, saved captures, a Postman or Insomnia collection or curl commands; - reads stdin. Several files
    are taken together.
    """
    with seldom_swept():
        run(Asked(files, output, kind, processes, evidence))
