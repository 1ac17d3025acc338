"""`wiretalk discover` and its options. What it does is in `discovering`."""

import click

from web.cli.captured import seldom_swept
from web.cli.discovering import ENDINGS, PROCESSES, Asked, run


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output", metavar="OUT", help="Write to this file instead of stdout; its ending chooses the format. With --each, a folder.")
@click.option("--format", "kind", type=click.Choice(tuple(ENDINGS)), help="What to write; by default OpenAPI as YAML, or what OUT's ending says.")
@click.option("--each", is_flag=True, help="Describe each FILE in a document of its own, in the folder OUT.")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help=f"How many processes share a large input [default: {PROCESSES}], or the files of --each [default: all cores].",
)
@click.option("--evidence/--no-evidence", default=True, show_default=True, help="Say in OpenAPI and Markdown what it rests on.")
def discover(files: tuple[str, ...], output: str | None, kind: str | None, processes: int | None, *, each: bool, evidence: bool) -> None:
    """Describe the API in captured traffic.

    FILE is HAR 1.2 (gzipped or not), a mitmproxy flow file, saved captures, a Postman or Insomnia collection or curl commands; - reads stdin. Of a folder, all
    HAR and flow files in it are read. Several files are taken together, as one API, unless --each is given.
    """
    with seldom_swept():
        run(Asked(files, output, kind, processes, evidence, each))
