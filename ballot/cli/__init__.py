"""The command line: each command parses, calls one use case and prints."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from ballot import __version__
from ballot.cli import databases, serving, tls
from ballot.cli.checking import check_test_command
from ballot.cli.counting import count_command, margin_command
from ballot.cli.demonstration import demo_command
from ballot.cli.installing import install_command, prepare_command
from ballot.cli.output import fail
from ballot.cli.passes import passes_command
from ballot.cli.slips import codes_command
from ballot.cli.verification import verify_command
from ballot.crypto.errors import Invalid
from ballot.crypto.selftest import self_test


@contextmanager
def _one_line() -> Iterator[None]:
    """A wrong use of the command line is one line, like every other refusal."""
    try:
        yield
    except TyperException as error:
        fail(f"ballot: {error.format_message()} (ballot --help)")


class _Commands(TyperGroup):
    def make_context(self, *args: Any, **extra: Any) -> Any:
        with _one_line():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        with _one_line():
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="民生实事项目人大代表票决 · secret ballots that anyone can recheck.",
)
app.command("demo")(demo_command)
app.command("verify")(verify_command)
app.command("count")(count_command)
app.command("margin")(margin_command)
app.command("prepare")(prepare_command)
app.command("install")(install_command)
app.command("passes")(passes_command)
app.command("codes")(codes_command)
app.command("check-test")(check_test_command)
app.add_typer(databases.app, name="db")
app.add_typer(serving.app, name="serve")
app.add_typer(tls.app, name="tls")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Version.")
    ] = False,
) -> None:
    """Refuse to run on a library that would make verification worthless (attack D3)."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        return
    try:
        self_test()
    except Invalid as error:
        fail(str(error))
