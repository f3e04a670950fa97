"""The command line: each command parses, calls one use case and prints."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from ballot import __version__
from ballot.cli.output import fail
from ballot.crypto.errors import Invalid
from ballot.crypto.selftest import self_test

_COMMANDS = {
    "demo": "demonstration:demo_command",
    "verify": "verification:verify_command",
    "count": "counting:count_command",
    "margin": "counting:margin_command",
    "prepare": "installing:prepare_command",
    "install": "installing:install_command",
    "passes": "passes:passes_command",
    "codes": "slips:codes_command",
    "codes-unused": "slips_unused:codes_unused_command",
    "check-test": "checking:check_test_command",
    "import": "importing:app",
    "db": "databases:app",
    "serve": "serving:app",
    "office": "office:office_command",
    "tls": "tls:app",
    "trustee": "trustee:app",
}


@contextmanager
def _one_line() -> Iterator[None]:
    """A wrong use of the command line is one line, like every other refusal."""
    try:
        yield
    except TyperException as error:
        fail(f"ballot: {error.format_message()} (ballot --help)")


class _Commands(TyperGroup):
    """The commands, each imported when it is asked for: who verifies a record, in several
    processes perhaps, does not wait for web server and databases to be loaded.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(f"ballot.cli.{module}"), name)
        if isinstance(found, typer.Typer):
            command: Any = typer.main.get_group(found)
        else:
            only = typer.Typer(add_completion=False)
            only.command(cmd_name)(found)
            command = typer.main.get_command(only)
        command.name = cmd_name
        return command

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
