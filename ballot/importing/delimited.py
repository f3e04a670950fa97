"""CSV and TSV as they arrive (attack C10): UTF-8, GB18030, UTF-16; comma, semicolon, tab."""

import codecs
import csv
import io
import re
from collections import Counter
from itertools import islice

from ballot.crypto.errors import Invalid
from ballot.importing.sheets import Budget, Sheet

_DELIMITERS = (",", "\t", ";")
_SAMPLE = 50
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Excel's own hint in the first line of a file: sep=;
_HINT = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)


def read_delimited(data: bytes) -> Sheet:
    """The one sheet of a text file; a row's number is that which a spreadsheet gives it.

    Raises ``import.encoding``, ``import.not_table``, ``import.damaged`` and what
    :class:`Budget` raises.
    """
    text = decode_text(data)
    hint = _HINT.match(text)
    delimiter = hint[1] if hint else _delimiter(text)
    budget, rows = Budget(), []
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(records, 1):
            if not (hint and number == 1) and (row := budget.row(number, cells)):
                rows.append(row)
    except csv.Error as error:
        raise Invalid("import.damaged", f"line {records.line_num}: {error}") from None
    return Sheet("", tuple(rows))


def decode_text(data: bytes) -> str:
    """The characters of a text file.

    GB18030, not its subset GBK: names of deputies have four-byte characters. It is tried last,
    because nearly every text in UTF-8 can also be misread as GB18030.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _checked(data.removeprefix(mark), encoding)
    if b"\0" in data:  # UTF-16 without its mark, or no text at all
        raise Invalid("import.not_table", f"NUL at byte {data.index(0)}")
    try:
        return _checked(data, "utf-8")
    except Invalid:
        return _checked(data, "gb18030")


def _checked(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Invalid("import.encoding", f"{encoding}: byte {error.start}") from None
    if "\0" in text:
        raise Invalid("import.not_table", f"NUL at character {text.index(chr(0))}")
    return text


def _delimiter(text: str) -> str:
    """The delimiter under which most of the first rows have the same number of columns."""

    def score(delimiter: str) -> tuple[int, int]:
        records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            widths = Counter(len(cells) for cells in islice(records, _SAMPLE) if len(cells) > 1)
        except csv.Error:
            return 0, 0
        return max(((count, width) for width, count in widths.items()), default=(0, 0))

    return max(_DELIMITERS, key=score)
