"""The command line: each command parses, calls one use case and prints."""

from typing import Annotated

import typer

from ballot import __version__
from ballot.cli.counting import count_command, margin_command
from ballot.cli.demonstration import demo_command
from ballot.cli.output import fail
from ballot.cli.verification import verify_command
from ballot.crypto.errors import Invalid
from ballot.crypto.selftest import self_test

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="民生实事项目人大代表票决 · secret ballots that anyone can recheck.",
)
app.command("demo")(demo_command)
app.command("verify")(verify_command)
app.command("count")(count_command)
app.command("margin")(margin_command)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Version.")
    ] = False,
) -> None:
    """Refuse to run on a library that would make verification worthless (attack D3)."""
    try:
        self_test()
    except Invalid as error:
        fail(str(error))
