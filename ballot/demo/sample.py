"""Sample sessions (``ballot/data``): read, check, and turned into what the demo plays."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ballot.crypto.encoding import parse_json
from ballot.crypto.errors import Invalid

STYLES = ("three_way", "approve", "grades")
MAX_VOTERS = 20_000


@dataclass(frozen=True)
class Person:
    """An official of the sample: invented."""

    name: str
    deputy: str
    role: str


@dataclass(frozen=True)
class Sample:
    """What the demo needs; nothing of the data file's ``expected`` block is in it."""

    source: dict[str, Any]
    style: str
    deputies: tuple[str, ...]
    present: tuple[str, ...]
    people: tuple[Person, ...]
    tablets: int
    papers: int
    tablet_marks: tuple[str, ...]
    paper_sheets: tuple[tuple[str | None, str], ...]

    @property
    def names(self) -> dict[str, str]:
        """Number → name of every deputy; without a roll in the file the number is the name."""
        known = {entry["deputy_no"]: entry["name"] for entry in self.source["roll"]}
        return {number: known.get(number, number) for number in self.deputies}

    @property
    def items(self) -> list[dict[str, Any]]:
        """The candidates in ballot order."""
        return list(self.source["candidates"])


def load_sample(
    data: bytes, style: str | None, voters: int | None, random: Callable[[int], bytes]
) -> Sample:
    """The sample of a data file; raises ``sample.malformed`` naming what is missing.

    ``voters`` replaces the file's ballots by that many random tablet ballots.
    """
    source = parse_json(data)
    if not isinstance(source, dict) or source.get("schema") != "ballot-sample-session/1":
        raise Invalid("sample.malformed", "not a file of schema ballot-sample-session/1")
    try:
        chosen = style or source["rules"]["style"]
        people = _people(source["officers"])
        if voters is None:
            absent = set(source["attendance"]["absent"])
            deputies = tuple(entry["deputy_no"] for entry in source["roll"])
            present = tuple(number for number in deputies if number not in absent)
            ballots = source["simulation"]["ballots"]
            issued = source["simulation"]["issued"]
            return Sample(
                source,
                chosen,
                deputies,
                present,
                people,
                issued["tablet"],
                issued["paper"],
                tuple(_restyle(b["marks"], chosen) for b in ballots if b["channel"] == "tablet"),
                tuple(
                    (
                        b["marks"] and _restyle(b["marks"], chosen),
                        b.get("invalid_reason", "unreadable"),
                    )
                    for b in ballots
                    if b["channel"] == "paper"
                ),
            )
        deputies = tuple(f"D-{n:05d}" for n in range(1, voters + voters // 12 + 1))
        marks = tuple(
            random_marks(chosen, len(source["candidates"]), source["seats"], random)
            for _ in range(voters)
        )
        return Sample(source, chosen, deputies, deputies[:voters], people, voters, 0, marks, ())
    except (KeyError, TypeError, AttributeError) as error:
        raise Invalid("sample.malformed", f"missing or of the wrong type: {error}") from None


def random_marks(style: str, items: int, seats: int, random: Callable[[int], bytes]) -> str:
    """One random ballot that a tablet would allow: at most ``seats`` approvals."""
    letters = {"three_way": "YYYYNA", "approve": "YYYA", "grades": "SSSBBUKA"}[style]
    marks = [letters[byte % len(letters)] for byte in random(items)]
    order = sorted(range(items), key=lambda i: (random(4), i))
    approved = [i for i in order if marks[i] == "Y"]
    for i in approved[seats:]:
        marks[i] = "A"
    return "".join(marks)


def _restyle(marks: str, style: str) -> str:
    # The file's marks are 赞成/反对/弃权; other styles are played with the nearest mark.
    table = {"three_way": "YNA", "approve": "YAA", "grades": "SUA"}[style]
    return marks.translate(str.maketrans("YNA", table))


def _people(officers: dict[str, Any]) -> tuple[Person, ...]:
    people = [Person(officers["clerk"]["name"], "", "clerk")]
    for key, role in (("presiding_officer", "presiding_officer"), ("chief_scrutineer",) * 2):
        people.append(Person(officers[key]["name"], officers[key].get("deputy_no", ""), role))
    for key, role in (
        ("presidium", "presidium"),
        ("scrutineers", "scrutineer"),
        ("tellers", "teller"),
    ):
        people += [Person(p["name"], p.get("deputy_no", ""), role) for p in officers[key]]
    return tuple(people)
