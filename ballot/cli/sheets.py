"""Sheets to print: one HTML file that needs nothing else, cut into cards on A4."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import segno
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from ballot.cli.output import fail
from ballot.locale import message
from ballot.tls import write_private


@dataclass(frozen=True, slots=True)
class Card:
    """One card: who it is for (or nobody), the code as people read it, what the QR says."""

    number: str
    name: str
    code: str
    note: str

    @property
    def picture(self) -> Markup:
        """The code as an inline SVG."""
        out = io.BytesIO()
        segno.make_qr(self.code, error="m").save(
            out, kind="svg", xmldecl=False, svgns=False, border=2, omitsize=True
        )
        return Markup(out.getvalue().decode())  # noqa: S704 -- segno draws it, from a code of ours


def write_sheet(path: Path, lang: str, title: str, heading: str, cards: Sequence[Card]) -> None:
    """Write the sheet for its owner's eyes; one line and exit status 2 if that fails.

    A file that is there already is never written over: it may be on its way to the printer.
    """
    environment = Environment(
        loader=PackageLoader("ballot.cli"), autoescape=select_autoescape(), trim_blocks=True
    )
    text = environment.get_template("cards.html").render(
        lang={"zh": "zh-CN"}.get(lang, lang), title=title, heading=heading, cards=cards
    )
    try:
        if path.exists():
            fail(message(lang, "sheet.exists", path=path))
        write_private(path, text.encode())
    except OSError as error:
        fail(message(lang, "sheet.failed", path=path, reason=error.strerror or str(error)))
