"""Plain HTML forms: what a page without JavaScript sends."""

from urllib.parse import parse_qsl

from starlette.requests import Request

from ballot.crypto.errors import Invalid
from ballot.web.bodies import read_body

FORM = "application/x-www-form-urlencoded"
LIMIT = 4096
FIELDS = 20

Form = dict[str, str]


async def read_form(request: Request, fields: int = FIELDS) -> Form:
    """The fields of a form, at most so many, each name once.

    Raises as :func:`read_body`, and ``body.malformed``.
    """
    return parse_form(await read_body(request, max(LIMIT, 32 * fields), FORM), fields)


def parse_form(body: bytes, fields: int) -> Form:
    """The fields of a form that was read; raises ``body.malformed``."""
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=fields
        )
    except ValueError as error:  # not UTF-8, no form, too many fields
        raise Invalid("body.malformed", type(error).__name__) from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Invalid("body.malformed", "a field occurs twice")
    return form
