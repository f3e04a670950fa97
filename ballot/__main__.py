"""``python -m ballot`` and the console script ``ballot``: one command line."""

from ballot.cli import app


def main() -> None:
    """Run the command line; its exit code is the process's."""
    app()


if __name__ == "__main__":
    main()
