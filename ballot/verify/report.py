"""What a verification says: fourteen numbered checks and one verdict (protocol §11).

A check ends as pass, fail or not checkable, or does not apply to what was verified. The
registry is fixed and a check passes only when someone says so: one that never ran is
"not checkable", so that "valid" is never said of what was not looked at (attack A2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ballot.crypto.errors import Invalid

Kind = Literal["record", "belenios"]
Status = Literal["pass", "fail", "not_checkable", "not_applicable"]
Verdict = Literal["valid", "invalid", "not_checkable"]

CHECKS = tuple(f"V{number}" for number in range(1, 15))
"""Their titles are the texts ``verify.V1`` … of the locale."""

OBLIGATORY: Mapping[Kind, frozenset[str]] = {
    "record": frozenset("V1 V2 V3 V4".split()),
    "belenios": frozenset("V1 V4 V5 V6 V9 V10 V11".split()),
}
"""The checks that apply to everything of that kind; only others may be left out."""

FINDINGS_SHOWN = 20
ENOUGH_FINDINGS = 1000
_LONGEST = 300


def printable(value: Any) -> Any:
    """``value`` with texts cut to 300 characters and without what could steer a terminal.

    Control and formatting characters and lone surrogates become escapes (attack E18).
    """
    match value:
        case str():
            cut = value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
            return "".join(
                c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut
            )
        case Mapping():
            return {printable(name): printable(entry) for name, entry in value.items()}
        case list() | tuple():
            return [printable(entry) for entry in value]
        case _:
            return value


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check; ``code`` and ``detail`` are empty where it passed.

    ``evidence`` holds what was counted or compared, as JSON values; of a failed check
    also ``findings``, the first 20 of ``failures``.
    """

    id: str
    status: Status
    code: str = ""
    detail: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The check as JSON values."""
        return {
            "id": self.id,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "evidence": dict(self.evidence),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All checks, in order, with the facts a reader compares (digests, codes, counts)."""

    kind: Kind
    checks: tuple[Check, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    practice: bool = False

    def __post_init__(self) -> None:
        if tuple(check.id for check in self.checks) != CHECKS:
            raise ValueError("a report holds every check once and in order")
        for check in self.checks:
            if check.id in OBLIGATORY[self.kind] and check.status == "not_applicable":
                raise ValueError(f"{check.id} applies to every {self.kind}")

    @property
    def verdict(self) -> Verdict:
        """invalid if any check fails; valid if every check that applies passes."""
        statuses = {check.status for check in self.checks}
        if "fail" in statuses:
            return "invalid"
        return "not_checkable" if "not_checkable" in statuses else "valid"

    def exit_code(self, practice: bool = False) -> int:
        """0 valid, 1 invalid, 2 not checkable; a practice session is 0 only on request."""
        if self.verdict == "valid":
            return 2 if self.practice and not practice else 0
        return 1 if self.verdict == "invalid" else 2

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "verdict": self.verdict,
            "kind": self.kind,
            "practice": self.practice,
            "facts": dict(self.facts),
            "checks": [check.to_json() for check in self.checks],
        }


def no_report(code: str, detail: str) -> dict[str, Any]:
    """What stands in place of a report, as JSON values, where there is nothing to verify:
    no file, or one that is neither a record nor an archive.
    """
    only = Check(CHECKS[0], "not_checkable", code, printable(detail))
    return {
        "verdict": "not_checkable",
        "kind": None,
        "practice": False,
        "facts": {},
        "checks": [only.to_json()],
    }


class Checklist:
    """Collects what the checks find and makes the report of it.

    A check may be told several things; the gravest decides: any refusal, then anything
    not checkable, then passed, then not applicable. A check told nothing did not run.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind
        self.total = 0
        self._entries = {name: _Entry() for name in CHECKS}

    def passed(self, name: str, **evidence: Any) -> None:
        """The check ran to its end; ``evidence`` is kept even where it failed."""
        entry = self._entries[name]
        entry.passed = True
        entry.evidence.update(evidence)

    def failed(self, name: str, error: Invalid) -> None:
        """Something the check refuses."""
        entry = self._entries[name]
        entry.failures += 1
        self.total += 1
        if len(entry.findings) < FINDINGS_SHOWN:
            entry.findings.append(error)

    def unknown(self, name: str, code: str, detail: str) -> None:
        """Something the check needs is missing."""
        self._entries[name].unknown = self._entries[name].unknown or Invalid(code, detail)

    def not_applicable(self, name: str, code: str, detail: str) -> None:
        """The check says nothing about this kind of input."""
        self._entries[name].aside = Invalid(code, detail)

    def check(self, name: str) -> "Refusals":
        """``with checks.check("V4"):`` — a refusal inside the block fails the check."""
        return Refusals(self, name)

    def has_failed(self, *names: str) -> bool:
        """Whether any of the checks has a refusal so far."""
        return any(self._entries[name].findings for name in names)

    def hopeless(self) -> bool:
        """Whether so much was refused that going on would only cost time (attack E18)."""
        return self.total >= ENOUGH_FINDINGS

    def report(self, facts: Mapping[str, Any], practice: bool = False) -> Report:
        """The report on everything told so far."""
        checks = tuple(entry.check(name) for name, entry in self._entries.items())
        return Report(self.kind, checks, printable(facts), practice)


@dataclass(frozen=True, slots=True)
class Refusals:
    """Ends its block at the first refusal and tells the checklist."""

    checks: Checklist
    name: str

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        if not isinstance(error, Invalid):
            return False
        self.checks.failed(self.name, error)
        return True


class _Entry:
    def __init__(self) -> None:
        self.passed = False
        self.failures = 0
        self.findings: list[Invalid] = []
        self.unknown: Invalid | None = None
        self.aside: Invalid | None = None
        self.evidence: dict[str, Any] = {}

    def check(self, name: str) -> Check:
        evidence = self.evidence
        if self.findings:
            listed = [{"code": error.code, "detail": error.detail} for error in self.findings]
            evidence = {**evidence, "failures": self.failures, "findings": listed}
        said = self.findings[0] if self.findings else self.unknown
        status: Status = "fail" if self.findings else "not_checkable"
        if said is None and self.passed:
            return Check(name, "pass", evidence=printable(evidence))
        if said is None and self.aside:
            status, said = "not_applicable", self.aside
        if said is None:
            said = Invalid("verify.not_reached", "what this check needs was not reached")
        return Check(name, status, said.code, printable(said.detail), printable(evidence))
