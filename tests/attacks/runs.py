"""A case made into bytes, what the verifier says of them, and whether that is right."""

from dataclasses import dataclass

from ballot.crypto.encoding import code_of_hex, sha256
from ballot.verify.report import Report
from tests.attacks.cases import Case
from tests.attacks.parts import zipped
from tests.attacks.played import play, session_code, verify
from tests.attacks.workshop import Forgery

EXPECTED = {1: ("invalid", "fail"), 2: ("not_checkable", "not_checkable")}


@dataclass(frozen=True)
class Run:
    """What the verifier is given: the file, the 会议码, and a receipt."""

    case: Case
    data: bytes
    code: str | None
    receipt: bytes | None


def make(case: Case) -> Run:
    """The false record of a case."""
    forgery = Forgery(play(case.play))
    receipt = case.receipt(forgery) if case.receipt else None
    made = case.change(forgery)
    made = made if isinstance(made, bytes | dict) else forgery.all_members()
    code = session_code(case.play) if case.code == "good" else case.code
    if code == "own" and isinstance(made, dict):
        code = code_of_hex(sha256(made["definition.json"]).hex())
    return Run(case, made if isinstance(made, bytes) else zipped(made), code, receipt)


def report_on(run: Run) -> Report:
    """What the verifier says."""
    return verify(run.data, run.code, run.receipt)


def wrong(case: Case, report: Report) -> str:
    """Why the report is not the one that the case asks for; empty if it is."""
    verdict, status = EXPECTED[case.exit]
    check = next(check for check in report.checks if check.id == case.check)
    if (report.verdict, report.exit_code(practice=True)) != (verdict, case.exit):
        return f"the record is {report.verdict}"
    if check.status != status:
        return f"{case.check} says {check.status}"
    if case.but_not and check.code == case.but_not:
        return f"{case.check} says no more than {check.code}"
    return ""
