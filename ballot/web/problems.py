"""Refusals as problem details (RFC 9457), in Chinese and English, without a word about whom.

The code is the protocol's; one table here says which HTTP status it has. On the box side the
answer holds nothing but the code and its two sentences, padded to one length (attacks B24, D13).
"""

from typing import Any

from starlette.responses import Response

from ballot.crypto.encoding import dumps
from ballot.crypto.errors import Invalid
from ballot.locale import message, messages

MEDIA_TYPE = "application/problem+json"

_STATUS = {
    "body.too_large": 413,
    "body.too_slow": 408,
    "body.media_type": 415,
    "envelope.malformed": 400,
    "round.not_open": 409,
    "ballot.wrong_round": 409,
    "token.invalid": 403,
    "token.spent": 409,
    "ballot.bad_element": 422,
    "ballot.bad_proof": 422,
    "ballot.over_limit": 422,
    "issue.malformed": 400,
    "issue.closed": 409,
    "issue.not_present": 403,
    "issue.other_channel": 409,
    "issue.signer_away": 503,
    "token.already_issued": 409,
    "token.signer_fault": 503,
    "pass.malformed": 400,
    "pass.unknown": 403,
    "pass.used": 409,
    "device.unknown": 401,
    "ceremony.document": 400,
    "ceremony.name": 404,
    "ceremony.signature": 403,
    "draft.malformed": 400,
    "draft.unknown": 404,
    "draft.may_not": 403,
    "event.malformed": 400,
    "order.malformed": 400,
    "roll.unknown": 404,
    "service.not_ready": 503,
    "service.secret": 401,
    "service.failed": 500,
}
# Whole families: most say "what you sent does not fit what has happened"; an order is somebody
# else's to give; store and box cannot do their work now.
_FAMILIES = {"event": 409, "ceremony": 409, "keys": 409, "numbers": 409, "seal": 409,
             "certificate": 409, "round": 409, "rounds": 409, "order": 403, "store": 503,
             "box": 503, "partial": 422, "draft": 409, "prepare": 409, "import": 422, "paper": 409,
             "account": 409, "office": 403, "password": 422, "slips": 422}  # fmt: skip
_SENTENCES = {"order": "order.refused", "store": "service.failed", "box": "service.failed"}


def status_of(code: str) -> int:
    """The HTTP status of a refusal; 400 for one that only malformed input can raise."""
    return _STATUS.get(code) or _FAMILIES.get(code.partition(".")[0], 400)


def title_of(lang: str, code: str) -> str:
    """The sentence people read: the deputies' own words where there are some."""
    known, family = messages(lang), _SENTENCES.get(code.partition(".")[0], "other")
    for key in (f"problem.{code}", f"verify.code.{code}", f"problem.{family}"):
        if key in known:
            return known[key]
    return message(lang, "problem.other")


def problem(error: Invalid, *, detail: bool = False, size: int | None = None) -> Response:
    """The response to a refusal. ``detail``: with the English detail, for officials' devices;
    ``size``: padded with spaces to so many bytes.
    """
    content: dict[str, Any] = {
        "code": error.code,
        "status": status_of(error.code),
        "title": title_of("zh", error.code),
        "title_en": title_of("en", error.code),
        "type": f"urn:ballot:problem:{error.code}",
    }
    if detail and error.detail:
        content["detail"] = error.detail
    # RFC 9110 §15.5.2: a 401 names the scheme that is wanted.
    named = {"www-authenticate": "Bearer"} if content["status"] == 401 else None
    body = dumps(content).ljust(size or 0, b" ")
    return Response(body, content["status"], named, MEDIA_TYPE)
