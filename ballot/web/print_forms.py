"""What every printed paper has: its session, and the way back to the list of papers."""

from typing import Any

from fastapi import Request, Response

from ballot.crypto import encoding
from ballot.web.office_context import Office
from ballot.web.office_shell import words_of
from ballot.web.pages import page
from ballot.web.print_index import AT, PrintIndex


class PrintForms:
    """Papers of one session."""

    def __init__(self, office: Office) -> None:
        self.office, self.index = office, PrintIndex(office)

    def facts(self) -> dict[str, Any]:
        """What stands on each."""
        definition = self.office.definition
        code = encoding.code_of_hex(self.office.state.session)
        return {"definition": definition, "session_code": code}

    def form(self, request: Request, template: str, **values: Any) -> Response:
        """The paper."""
        words = words_of(request)
        return page(template, words, AT, home=AT, home_text=words.plain("print.title"), **values)
