"""The tablet's texts: everything its scripts ask for is there, and nothing else."""

import re
from pathlib import Path

from ballot.locale import LANGUAGES
from ballot.web.tablet import tablet_texts

WEB = Path(__file__).parents[2] / "ballot/web"
SOURCES = [
    *WEB.glob("static/tablet/*.mjs"),
    WEB / "static/check_test.mjs",
    WEB / "templates/tablet.html",
    WEB / "templates/check_test.html",
]
CODE = "\n".join(source.read_text("utf-8") for source in SOURCES)
ASKED = set(re.findall(r'\bt\("([\w.]+)"', CODE)) | set(
    re.findall(r'plain\("tablet\.([\w.]+)"', CODE)
)
# `problem.${key}.title`: a name stands for the part that is found out.
PATTERNS = [
    re.compile(r"[\w.]+".join(re.escape(part) for part in re.split(r"\$\{[^}]*\}", template)))
    for template in re.findall(r"`([\w.]*\$\{[^`]*)`", CODE)
    if re.fullmatch(r"(?:[\w.]|\$\{[^}]*\})+", template)
    and re.search(r"\w{2,}", re.sub(r"\$\{[^}]*\}", "", template))
]


def test_every_text_that_the_scripts_ask_for_is_there() -> None:
    for lang in LANGUAGES:
        assert sorted(ASKED - set(tablet_texts(lang))) == []


def test_no_text_is_left_that_nobody_asks_for() -> None:
    unused = [
        key
        for key in tablet_texts("zh")
        if f'"{key}"' not in CODE
        and key not in ASKED
        and not any(pattern.fullmatch(key) for pattern in PATTERNS)
    ]
    assert unused == []


def test_no_word_of_the_engine_room_is_on_the_deputys_path() -> None:
    for text in tablet_texts("zh").values():
        assert not re.search("哈希|令牌|密文", text), text
