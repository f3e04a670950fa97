"""``python -m ballot`` and the console script ``ballot``: one command line."""

import sys


def main() -> None:
    """Run the command line; its exit code is the process's.

    An error nobody foresaw ends with 2, never with 1: scripts read 1 as *invalid*.
    """
    try:
        # Not above: the verifier's processes begin with this module and need no command.
        from ballot.cli import app

        app()
    except Exception as error:
        print(f"ballot: {type(error).__name__}: {error}"[:500], file=sys.stderr)  # noqa: T201
        sys.exit(2)


if __name__ == "__main__":
    main()
