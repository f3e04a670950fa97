"""The process that opens a workbook: bytes in, sheets or a refusal out, and nothing else.

``python -m ballot.importing.worker`` reads the file from standard input. Its limits are set
before it reads: what a hostile file can still reach is its own end.
"""

import sys

from ballot.crypto.encoding import compact
from ballot.crypto.errors import Invalid

_MEMORY = 160 * 1024 * 1024
_SECONDS = 8


def limit_self() -> None:
    """Bounds on memory and processor time; no file can be written, no process started."""
    if sys.platform != "win32":
        import resource

        def limit(kind: int, value: int) -> None:
            hard = resource.getrlimit(kind)[1]
            most = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (most, most))

        limit(resource.RLIMIT_DATA, _MEMORY)
        limit(resource.RLIMIT_CPU, _SECONDS)
        limit(resource.RLIMIT_FSIZE, 0)
        limit(resource.RLIMIT_CORE, 0)


def main() -> None:
    """Read, convert, answer."""
    limit_self()
    data = sys.stdin.buffer.read()
    try:
        from ballot.importing.workbook import read_workbook

        sheets = [
            {
                "name": sheet.name,
                "rows": [[row.number, list(row.cells)] for row in sheet.rows],
                "merged": sorted(map(list, sheet.merged)),
            }
            for sheet in read_workbook(data)
        ]
        answer = compact({"sheets": sheets})
    except Invalid as error:
        answer = compact({"refused": error.code, "detail": error.detail})
    except MemoryError:
        answer = compact({"refused": "import.bomb", "detail": "out of memory"})
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()
