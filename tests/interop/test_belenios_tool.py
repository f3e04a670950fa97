"""Archives made by Debian's ``belenios-tool``, from the keys to the result, verify with ours.

And the other way round: what the tool lets pass (belenios-format.md §10) ours refuses.
"""

import io
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ballot.tally.archive import ArchiveWriter
from ballot.tally.election import Question
from tests import archives
from tests.archives import build, failures, good, verify
from tests.attacks.test_belenios_leniencies import CASES, GROUPS, Case
from tests.elections import FF, Stream, Trustees, make, reopen
from tests.patience import SECONDS

pytestmark = pytest.mark.needs("belenios-tool")

GROUP = "BELENIOS-2048"
Votes = list[list[int]]


@dataclass
class Tool:
    """belenios-tool in a directory of its own; the election's archive is in ``el``."""

    path: Path

    def __call__(self, command: str, *arguments: str, text: str = "") -> str:
        done = subprocess.run(
            ["belenios-tool", *command.split(), *arguments],
            cwd=self.path,
            input=text,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout

    def single(self) -> Path:
        """A trustee with a key of its own; the file with its private key."""
        self("setup generate-trustee-key", "--group", GROUP)
        (public,) = self.path.glob("*.pubkey")
        (self.path / "public_keys.jsons").write_bytes(public.read_bytes())
        return public.with_suffix(".privkey")

    def pedersen(self, t: int, m: int) -> list[str]:
        """The key ceremony of m trustees in its six steps; their names in order."""

        def step(number: int, *more: str, text: str = "") -> str:
            step_of = ("--group", GROUP, "--step", str(number))
            return self("setup generate-trustee-key-threshold", *step_of, *more, text=text)

        for _ in range(m):
            step(1)
        certs = sorted(self.path.glob("*.cert"))
        names = [cert.stem for cert in certs]
        (self.path / "certs").write_text("".join(cert.read_text() for cert in certs))
        common = ("--certs", "certs", "--threshold", str(t))
        step(2, "--certs", "certs")
        polynomials = [step(3, *common, "--key", f"{name}.key") for name in names]
        (self.path / "polynomials").write_text("".join(polynomials))
        step(4, *common, "--polynomials", "polynomials")
        outputs = [
            step(5, *common, "--key", f"{n}.key", text=(self.path / f"{n}.vinput").read_text())
            for n in names
        ]
        result = step(6, *common, "--polynomials", "polynomials", text="".join(outputs))
        (self.path / "threshold.json").write_text(result)
        return names

    def open(self, questions: list[dict[str, Any]], voters: Sequence[str]) -> list[str]:
        """Credentials, trustees and election; the private credentials in order of voters."""
        uuid = self("setup generate-token").strip()
        named = ("--uuid", uuid, "--group", GROUP)
        (self.path / "voters").write_text("".join(f"{voter}\n" for voter in voters))
        self("setup generate-credentials", *named, "--file", "voters")
        (public,), (private,) = self.path.glob("*.pubcreds"), self.path.glob("*.privcreds")
        public.rename(self.path / "public_creds.json")
        template = {"description": "测试", "name": "Test", "questions": questions}
        (self.path / "template").write_text(json.dumps(template, ensure_ascii=False))
        self("setup make-trustees")
        self("setup make-election", *named, "--template", "template")
        self("archive init")
        (self.path / "el").mkdir()
        (self.path / f"{uuid}.bel").rename(self.path / f"el/{uuid}.bel")
        return [line.split()[1] for line in private.read_text().splitlines()]

    def event(self, kind: str, payload: str = "") -> None:
        self("archive add-event", "--dir", "el", "--type", kind, text=payload)

    def vote(self, credential: str, votes: Votes) -> None:
        (self.path / "credential").write_text(credential)
        (self.path / "votes").write_text(json.dumps(votes))
        files = ("--privcred", "credential", "--ballot", "votes")
        self.event("Ballot", self("election generate-ballot", "--dir", "el", *files))

    def close(self) -> None:
        self.event("EndBallots")
        self.event("EncryptedTally", self("election compute-encrypted-tally", "--dir", "el"))

    def decrypt(self, number: int, key: Path | str) -> None:
        who = ("--dir", "el", "--trustee-id", str(number))
        if isinstance(key, Path):
            factors = self("election decrypt", *who, "--privkey", key.name)
        else:
            keys = ("--key", f"{key}.key", "--decryption-key", f"{key}.dkey")
            factors = self("election decrypt-threshold", *who, *keys)
        self.event("PartialDecryption", factors)

    def result(self) -> Votes:
        counts = self("election compute-result", "--dir", "el")
        self.event("Result", counts)
        self("election verify", "--dir", "el")
        found: Votes = json.loads(counts)["result"]
        return found

    def archive(self) -> bytes:
        (file,) = (self.path / "el").glob("*.bel")
        return file.read_bytes()


def question(text: str, answers: str, low: int, high: int, **more: bool) -> dict[str, Any]:
    return {"answers": answers.split(), **more, "min": low, "max": high, "question": text}


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    return Tool(tmp_path_factory.mktemp("belenios"))


def test_an_election_with_one_trustee_and_a_second_ballot_of_one_voter(tool: Tool) -> None:
    key = tool.single()
    one, two = tool.open([question("项目", "甲 乙 丙", 0, 2)], ["a", "b"])
    tool.vote(one, [[1, 1, 0]])
    tool.vote(two, [[0, 1, 0]])
    tool.vote(one, [[0, 0, 1]])
    assert verify(tool.archive()).exit_code() == 2
    tool.close()
    tool.decrypt(1, key)
    assert tool.result() == [[0, 1, 1]]
    report = verify(tool.archive())
    assert report.verdict == "valid", failures(report)
    assert report.facts["result"] == [[0, 1, 1]]
    assert report.checks[5].evidence == {"ballots": 3, "counted": 2}


def test_a_mixed_ceremony_several_questions_blank_votes_and_weights(tmp_path: Path) -> None:
    tool = Tool(tmp_path)
    key = tool.single()
    names = tool.pedersen(2, 3)
    questions = [
        question("一", "A B C", 0, 2),
        question("二", "D E", 1, 1, blank=True),
        question("三", "F G", 1, 1),
    ]
    voters = tool.open(questions, ["1,a,3", "2,b,1", "3,c"])
    tool.vote(voters[0], [[1, 1, 0], [0, 1, 0], [0, 1]])
    tool.vote(voters[1], [[0, 0, 0], [1, 0, 0], [1, 0]])
    tool.vote(voters[2], [[0, 1, 1], [0, 0, 1], [1, 0]])
    tool.close()
    tool.decrypt(1, key)
    tool.decrypt(4, names[2])
    tool.decrypt(2, names[0])
    assert tool.result() == [[3, 4, 1], [1, 3, 1], [2, 3]]
    report = verify(tool.archive(), jobs=2)
    assert report.verdict == "valid", failures(report)
    assert report.facts["result"] == [[3, 4, 1], [1, 3, 1], [2, 3]]
    assert report.checks[3].evidence["trustees"] == ["Single 1/1", "Pedersen 2/3"]
    assert report.checks[8].evidence == {"counted": 3, "weight": 5}


def test_what_our_writer_writes_the_tool_accepts(tmp_path: Path) -> None:
    questions = [Question("一", ("甲", "乙"), 0, 1), Question("二", ("丙",), 1, 1, blank=True)]
    trustees = Trustees(FF, Stream("tool")).pedersen(2, 3).single()
    made = make(FF, [(0, [[1, 0], [0, 1]]), (1, [[0, 0], [1, 0]])], questions, trustees)
    written = io.BytesIO()
    writer = ArchiveWriter(written, archives.TIMESTAMP)
    writer.setup(made.election.raw, trustees.encode(), made.credentials())
    for body in made.ballots:
        writer.ballot(body)
    writer.end_ballots()
    stages = made.stages([[1, 0], [1, 1]])
    writer.encrypted_tally(stages[4].documents[0], 2, 2)
    for owner in (1, 3, 4):
        writer.partial_decryption(owner, stages[4 + owner].documents[0])
    writer.result(stages[-1].documents[0])
    (tmp_path / "ours.bel").write_bytes(written.getvalue())
    Tool(tmp_path)("election verify", "--dir", ".")
    assert verify(written.getvalue()).verdict == "valid"


LET_PASS = [
    "a_count_plus_q",
    "a_decryption_twice_beside_enough_others",
    "a_false_number_of_ballots",
    "a_false_total_weight",
    "a_leading_zero_in_a_decryption",
    "a_wrong_stored_tally",
    "no_encrypted_tally",
    "no_end_of_ballots",
    "the_encrypted_tally_twice",
    "the_same_ballot_twice",
]


@pytest.mark.parametrize("name", LET_PASS)
def test_what_the_tool_lets_pass_is_refused(name: str, tmp_path: Path) -> None:
    archive = GROUPS[GROUP]
    owners = archives.secrets_of(archive)["decrypted_by"]
    change, expected = CASES[name]
    changed = change(Case(reopen(archive), good(archive), owners))
    assert isinstance(changed, list)
    data = build(changed)
    (tmp_path / "changed.bel").write_bytes(data)
    Tool(tmp_path)("election verify", "--dir", ".")
    assert failures(verify(data)) == expected
