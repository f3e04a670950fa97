"""The counts of a round as a table: XLSX and CSV that open as text and numbers only (attack C8)."""

from collections.abc import Callable, Sequence
from typing import Literal

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from ballot.importing.exporting import Value, to_csv, to_xlsx
from ballot.web.views import RoundPage, SessionView, VoteView
from ballot.web.words import Words

Format = Literal["csv", "xlsx"]
FORMATS: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_METHODS = ["GET", "HEAD"]
_WIDTHS = (8, 48, 12, 12, 12, 12, 12, 16, 24)


def add_exports(router: APIRouter, words: Words, shown: Callable[[], SessionView]) -> None:
    """``/export/SLOT.csv`` and ``.xlsx`` in that language: what the public page shows and no more
    (R20), in its order (R21).
    """

    @router.api_route(words.href("/export/{slot}.{form}"), methods=_METHODS)
    def export(slot: str, form: str) -> Response:
        session = shown()
        found = session.page(slot)
        if found is None:
            raise HTTPException(404)
        return export_response(words, form, session, *found, full=False)


def export_response(
    words: Words,
    form: str,
    session: SessionView,
    vote: VoteView,
    page: RoundPage,
    *,
    full: bool,
) -> Response:
    """The file. ``full``: all counts, as the certificate has them. 404 for what has no counts."""
    if form not in FORMATS or not page.round.valid:
        raise HTTPException(404)
    table, about = counts_table(words, page, full=full), about_table(words, session, vote, page)
    if form == "csv":
        data = to_csv([*table, [], *about])
    else:
        names = (words("form.table"), words("form.remarks"))
        data = to_xlsx(zip(names, (table, about), strict=True), _WIDTHS)
    named = f'attachment; filename="counts-{page.round.slot}.{form}"'
    media = FORMATS["csv" if form == "csv" else "xlsx"]
    return Response(data, media_type=media, headers={"content-disposition": named})


def counts_table(words: Words, page: RoundPage, *, full: bool) -> list[Sequence[Value]]:
    """A header and one row per item of the ballot."""
    one = page.round
    items, columns = (one.items, len(one.answers)) if full else (one.shown, one.columns)
    ranked = one.kind == "selection" and columns > 0
    header: list[Value] = [words.plain("count.column.number"), words("column.name")]
    header += one.answers[:columns]
    header += [words.plain("count.column.rank")] if ranked else []
    header += [words.plain("grade.rate")] if one.kind == "rating" else []
    rows: list[Sequence[Value]] = [[*header, words.plain("count.column.outcome")]]
    for item in items:
        row: list[Value] = [item.number, item.title, *item.marks[:columns]]
        row += [item.rank] if ranked else []
        row += [item.rate] if one.kind == "rating" else []
        rows.append([*row, item.label])
    return rows


def about_table(
    words: Words, session: SessionView, vote: VoteView, page: RoundPage
) -> list[Sequence[Value]]:
    """What was voted on, how many were there, and the codes to compare."""
    one, certificate = page.round, page.certificate
    rows: list[Sequence[Value]] = [
        [words("form.meeting"), session.assembly],
        [words("form.matter"), vote.title],
        [words("form.round"), one.name],
        [words("rules"), f"{vote.rules_title} {vote.rule_set_id}"],
        *([figure.label, figure.number] for figure in one.figures),
        [words("form.validity"), one.validity],
        [words("code.session"), session.session_code],
    ]
    if certificate:
        rows.append([words("code.certificate"), certificate.code])
        rows.append([words("digest"), certificate.digest])
    if session.practice:
        rows.insert(0, [words("practice"), words("practice.text")])
    if session.note:
        rows.append([words("form.remarks"), session.note])
    return rows
