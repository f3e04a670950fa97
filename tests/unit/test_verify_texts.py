"""Whatever a verification can report has its sentence in both languages, and nothing else has."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import ballot
from ballot.locale import LANGUAGES, messages
from ballot.tally.archive_reader import FRAME_CODES
from ballot.tally.event_kinds import KINDS
from ballot.tally.signatories import _PREFIXES
from ballot.tally.state import RoundKind

ROOT = Path(ballot.__file__).parent.parent
ENTRIES = ("ballot.verify.record", "ballot.verify.belenios")

# Raised in modules of the verifier by functions that a verification never calls.
ELSEWHERE = {
    "ceremony.message": "a trustee's device, during the key ceremony",
    "ceremony.share": "a trustee's device, during the key ceremony",
    "issue.malformed": "a signer",
    "margin.seats": "`ballot margin`; a definition was refused before (definition.seats)",
    "marks.malformed": "a tablet",
    "random.unusable": "a tablet",
    "seal.inclusion": "a receipt with its path",
    "sheet.length": "tellers",
    "sheet.malformed": "tellers",
    "tally.no_number": "whoever counts; a verification needs no logarithm",
    "token.signer_fault": "a tablet",
}
# Caught by the verifier, which says it in the words of the check that speaks.
RENAMED = {
    "round.wrong_items": "rounds.wrong_items",
    "round.wrong_places": "rounds.wrong_places",
    "signature.invalid": "receipt.malformed, or the signature of its kind of event",
}
PLACES = {"trustees.members", "trustees.threshold"}  # of the definition, in details
SIGNATURE_FAULTS = "signature_order unknown_signer role signature too_few_signatures".split()


def modules(entry: str) -> Iterator[str]:
    """The modules of the package that importing ``entry`` brings with it."""
    seen, waiting = set[str](), [entry]
    while waiting:
        name = waiting.pop()
        if name in seen or not path(name).exists():
            continue
        seen.add(name)
        yield name
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.ImportFrom) and node.module:
                waiting += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]


def path(module: str) -> Path:
    return ROOT / (module.replace(".", "/") + ".py")


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(path(module).read_text("utf-8"))


def literals() -> set[str]:
    """Every text of the verifier's modules that is spelled like a code."""
    found = {
        node.value
        for entry in ENTRIES
        for name in modules(entry)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    files = re.compile(r".*\.(bel|json|jsonl|txt|zip)")
    return {
        text
        for text in found
        if re.fullmatch(r"[a-z]+\.[a-z_]+", text) and not files.fullmatch(text)
    } - PLACES


def composed() -> set[str]:
    """The codes that are put together from a prefix and a fault."""
    reader = path("ballot.tally.archive_reader").read_text("utf-8")
    codes = {f"archive.{name}" for name in re.findall(r'_refuse\(\s*"([a-z_]+)"', reader)}
    prefixes = {_PREFIXES.get(kind, "event") for kind in KINDS}
    codes |= {f"{prefix}.{fault}" for prefix in prefixes for fault in SIGNATURE_FAULTS}
    # Only where one person signs can there be too many.
    codes |= {
        f"{_PREFIXES.get(kind, 'event')}.too_many_signatures"
        for kind, form in KINDS.items()
        if any(limit == "one" for _, limit in form.signers)
    }
    codes |= {f"keys.{name}" for name in ("commitments", "drills")}
    rounds = {code for code in literals() | set(RENAMED) if code.startswith("round.")}
    return codes | {code.replace("round.", "rounds.") for code in rounds} | set(FRAME_CODES)


def test_the_sets_of_codes_and_sentences_are_the_same() -> None:
    reported = (literals() | composed()) - set(ELSEWHERE) - set(RENAMED)
    for lang in LANGUAGES:
        sentences = {
            key.removeprefix("verify.code.")
            for key in messages(lang)
            if key.startswith("verify.code.")
        }
        assert reported - sentences == set(), f"no sentence in {lang}"
        assert sentences - reported == set(), f"never reported ({lang})"


def test_what_is_left_out_is_really_raised_elsewhere() -> None:
    assert set(ELSEWHERE) <= literals()


def keywords(function: str) -> set[str]:
    """The names of the evidence that the verifier gives to ``function``."""
    found = set[str]()
    for entry in ENTRIES:
        for name in modules(entry):
            for node in ast.walk(tree(name)):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == function:
                    found |= {word.arg for word in node.keywords if word.arg}
    record = path("ballot.verify.record").read_text("utf-8")
    return found | set(re.findall(r'evidence(?:\[|: dict\[str, Any\] = \{)"([a-z]+)"', record))


def test_every_fact_of_the_evidence_has_a_name_and_no_name_is_unused() -> None:
    for lang in LANGUAGES:
        named = {key for key in messages(lang) if key.startswith("verify.evidence.")}
        assert {f"verify.evidence.{name}" for name in keywords("passed")} == named


def test_every_kind_of_round_has_a_name() -> None:
    kinds: tuple[str, ...] = RoundKind.__args__  # type: ignore[attr-defined]
    for lang in LANGUAGES:
        assert {f"verify.round.{kind}" for kind in kinds} <= messages(lang).keys()
