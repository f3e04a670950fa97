"""The forms of the preparation: longer than others, and with a file (multipart/form-data)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import unquote

from fastapi import Request
from starlette.exceptions import HTTPException

from ballot.crypto import encoding, shapes
from ballot.crypto.errors import Invalid
from ballot.preparing.parts import tidy
from ballot.tally.session import Approval, Item
from ballot.web.bodies import read_body
from ballot.web.forms import FORM, Form, parse_form

T = TypeVar("T")
LONGEST = 256 * 1024
"""Bytes of a form: a project has nine texts of up to 2,000 characters, nine bytes each."""
MAX_FILE = 10 * 1024 * 1024
_FIELDS = 80
_MULTIPART = re.compile(r"multipart/form-data; ?boundary=\"?([0-9A-Za-z'()+_,./:=?-]{1,70})\"?")
_NAMED = re.compile(r'form-data; name="([^"\r\n]*)"(?:; filename="([^"\r\n]*)")?')
ITEM_TEXTS = ("content", "unit", "location", "funding", "completion", "category", "beneficiaries")


@dataclass(frozen=True)
class Upload:
    """A file that a form brought: its name without directories, and its bytes."""

    name: str
    content: bytes


async def read_long(request: Request) -> Form:
    """A form of up to :data:`LONGEST` bytes."""
    try:
        return parse_form(await read_body(request, LONGEST, FORM), _FIELDS)
    except Invalid as error:
        raise _refused(error) from None


async def read_upload(request: Request) -> Form:
    """A form with a file, which is ``request.state.upload``; None where none was chosen."""
    kind = request.headers.get("content-type", "")
    found = _MULTIPART.fullmatch(kind)
    if found is None:
        raise HTTPException(403)
    try:
        body = await read_body(request, MAX_FILE + LONGEST, kind)
        form, request.state.upload = parse_multipart(body, found[1].encode())
    except Invalid as error:
        raise _refused(error) from None
    return form


def _refused(error: Invalid) -> HTTPException:
    return HTTPException(413 if error.code == "body.too_large" else 403)


def parse_multipart(body: bytes, boundary: bytes) -> tuple[Form, Upload | None]:
    """The fields of a form and its one file (RFC 7578); raises ``body.malformed``."""
    form: Form = {}
    upload = None
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 2 or pieces[0] or not pieces[-1].startswith(b"--"):
        raise Invalid("body.malformed", "not delimited")
    for piece in pieces[1:-1]:
        head, found, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        named = _NAMED.fullmatch(_disposition(head))
        if not found or named is None or len(form) >= _FIELDS:
            raise Invalid("body.malformed", "a part without a name, or too many")
        name, filename = named.groups()
        if name in form or (filename is not None and upload is not None):
            raise Invalid("body.malformed", "a field occurs twice")
        if filename is None:
            form[name] = _text(content)
        elif filename:
            upload = Upload(re.split(r"[\\/]", unquote(filename))[-1][:200], content)
    return form, upload


def _disposition(head: bytes) -> str:
    for line in _text(head).split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            return value.strip()
    return ""


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Invalid("body.malformed", "not UTF-8") from None


# What a form says, as values; refusals are ``prepare.form`` with the field that is wrong.


def number_of(form: Mapping[str, str], name: str, low: int, high: int) -> int:
    """A whole number; nothing is 0 where 0 is allowed."""
    text = tidy(form.get(name, ""))
    if not text and low == 0:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("prepare.form", name)
    return _within(name, lambda: shapes.integer(int(text), name, low, high))


def text_of(form: Mapping[str, str], name: str, high: int, low: int = 0) -> str:
    """A text of that many characters, tidied; no invisible characters."""
    text = tidy(form.get(name, ""))
    return _within(name, lambda: encoding.check_text(shapes.text(text, name, low, high), name))


def approval_of(form: Mapping[str, str], prefix: str) -> Approval | None:
    """A step of an approval trail; None where nothing was typed at all."""
    names = {"step": 500, "body": 200, "date": 10, "document_no": 100}
    if not any(tidy(form.get(prefix + name, "")) for name in names):
        return None
    texts = {name: text_of(form, prefix + name, high, 1) for name, high in names.items()}
    _within(f"{prefix}date", lambda: shapes.date(texts["date"], "date"))
    return Approval(**texts)


def item_of(form: Mapping[str, str]) -> Item:
    """A project that was typed."""
    money = tidy(form.get("investment", ""))
    return Item(
        id=_within("id", lambda: shapes.item_id(tidy(form.get("id", "")), "id")),
        title=text_of(form, "title", 200, 1),
        investment=number_of(form, "investment", 0, 10**9 - 1) if money else None,
        **{name: text_of(form, name, 2000) for name in ITEM_TEXTS},
    )


def _within(name: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except Invalid:
        raise Invalid("prepare.form", name) from None
