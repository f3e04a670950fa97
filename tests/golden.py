"""The official papers of one play as text, kept in ``tests/data/golden``.

The play is a tie and its run-off (``tests/plays.py``). Where a paper changes on purpose,
``python -m tests.golden`` writes the files anew, and the difference is read before it is kept.
"""

import html
import re
import tempfile
from pathlib import Path

from ballot.web.host_script import host_script
from ballot.web.pages import page
from ballot.web.record import read_record
from ballot.web.views import session_view
from ballot.web.words import Words
from tests.plays import make_record, played

GOLDEN = Path(__file__).parent / "data" / "golden"
PLAY = "run_off"


def golden_texts() -> dict[str, str]:
    """File name → what a reader of the paper reads, a line per block."""
    stage, found = played(PLAY), {}
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "record.zip"
        path.write_bytes(make_record(PLAY)[0])
        record = read_record(path)
    for lang in ("zh", "en"):
        words, session = Words(lang), session_view(record, lang)
        (vote,) = session.votes
        for shown in vote.certified:
            name, forms = shown.round.slot, {"session": session, "vote": vote, "page": shown}
            answer = page("certificate.html", words, "/", **forms)
            found[f"certificate-{name}.{lang}.txt"] = _text(answer.body)
        last = {"session": session, "vote": vote, "page": vote.certified[-1]}
        found[f"notice.{lang}.txt"] = _text(page("notice.html", words, "/", **last).body)
        results = {shown.round.slot: shown.round for shown in vote.certified}
        parts = host_script(stage.board.state, stage.board.events, results, words)
        known = {"definition": stage.definition, "session_code": session.session_code}
        answer = page("print_host.html", words, "/", parts=parts, **known)
        found[f"host.{lang}.txt"] = _text(answer.body)
    return found


def _text(body: bytes | memoryview) -> str:
    main = re.sub(r"(?s).*<main[^>]*>|</main>.*", "", bytes(body).decode())
    blocks = re.sub(r"</(?:p|h\d|tr|dt|dd|li|section|div)>|<br>", "\n", main)
    cells = re.sub(r"</t[dh]>", " | ", blocks)
    plain = html.unescape(re.sub(r"<[^>]+>", "", cells.replace("</span>", "</span> ")))
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in plain.splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def write() -> None:
    """Write the files."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, text in golden_texts().items():
        (GOLDEN / name).write_text(text, "utf-8")


if __name__ == "__main__":
    write()
