"""Pages: templates with the words of a language, error pages, QR codes.

Texts are escaped wherever they stand; nothing that people wrote is markup (attack C1).
"""

import io
import re
from typing import Any

import segno
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.types import Scope

from ballot.crypto.encoding import code_of_hex
from ballot.web.shield import HEADERS
from ballot.web.words import Words, chinese_number

# What an error page can say; every other status is told as 500.
_ERRORS = (400, 403, 404, 405, 413, 500, 503)
_HOMES = {"/office": "office.agenda", "/desk": "desk.title"}

_templates = Environment(
    loader=PackageLoader("ballot.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_CODE = re.compile(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2}\b", re.ASCII)
_CHINESE = re.compile(r"([\u3400-\u9fff][\u3000-\u9fff\uff00-\uffef]*)")


@pass_context
def _mixed(context: Context, text: str) -> Markup:
    """A sentence that may name Chinese people and projects on a page in another language: they
    are marked as Chinese, so that they are read aloud and set as such (WCAG 3.1.2).
    """
    if context["t"].lang == "zh":
        return escape(text)
    pieces = _CHINESE.split(text)
    marked = Markup('<span lang="zh-CN">{}</span>')
    return Markup("").join(marked.format(p) if i % 2 else p for i, p in enumerate(pieces))


def _codes(text: str) -> Markup:
    """A sentence whose check codes are set as codes and never broken at the end of a line."""
    marked = _CODE.sub(r'<b class="code">\g<0></b>', str(escape(text)))
    return Markup(marked)  # noqa: S704 -- escaped above; a code is letters, digits and dashes


_templates.filters["codes"] = _codes
_templates.filters["mixed"] = _mixed
_templates.filters["chinese_number"] = chinese_number
_templates.filters["code_of"] = code_of_hex


def page(template: str, words: Words, path: str, code: int = 200, **values: Any) -> HTMLResponse:
    """A page in one language, with the address of the same page in the other."""
    other = Words("en" if words.lang == "zh" else "zh")
    text = _templates.get_template(template).render(
        t=words, other=other, other_href=other.href(path), **values
    )
    return HTMLResponse(text, code)


def error_page(scope: Scope, status: int) -> HTMLResponse:
    """What went wrong and what to do next, in the language of the address; who was on an official's
    page is led to the first of these.
    """
    path, query = f"{scope['path']}/", scope.get("query_string", b"").split(b"&")
    lang = "en" if path.startswith("/en/") or b"lang=en" in query else "zh"
    home = next((one for one in _HOMES if path.startswith(f"{one}/")), "")
    known = status if status in _ERRORS else 500
    values = {"home": home, "home_text": _HOMES.get(home, ""), "known": known, "status": status}
    response = page("error.html", Words(lang), "/", status, **values)
    # An error outside the shield must not be the one page without it.
    response.headers.update(HEADERS)
    return response


def qr_svg(text: str) -> bytes:
    """The text as an SVG picture; error level M suffices for a laser print."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, nl=False, omitsize=True, border=4, light="#fff"
    )
    return out.getvalue()
