"""Debian's belenios-tool reads our archives, and its ballots enter our box.

(a) ``election verify`` accepts our BELENIOS-2048 archives of every style; (b) ballots made
by ``election generate-ballot`` with drawn codes pass our C1–C8 and are counted.
"""

import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from ballot.crypto.credentials import derive_secret, draw_code, parse_slip
from ballot.crypto.encoding import compact
from ballot.crypto.group import GROUPS
from ballot.crypto.proofs import prove_knowledge
from ballot.crypto.signing import SigningKey
from ballot.polling import MemoryBox, cast
from ballot.tally import aggregate
from ballot.tally.admission import check_envelope
from ballot.tally.archive import ArchiveWriter
from ballot.tally.envelope import encode_envelope, pad
from ballot.verify.belenios import verify_archive
from tests.gates import make_round, stream
from tests.plays import make_record

pytestmark = pytest.mark.needs("belenios-tool")
GROUP = GROUPS["BELENIOS-2048"]


def tool(folder: Path, *arguments: str) -> str:
    command = ["belenios-tool", "election", *arguments, "--dir", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout or done.stderr


@pytest.mark.parametrize("style", ["three_way", "approve", "grades", "motion", "drawn"])
def test_the_tool_accepts_our_archive_of_this_style(style: str, tmp_path: Path) -> None:
    data, _ = make_record(f"{style}_2048")
    with zipfile.ZipFile(io.BytesIO(data)) as record:
        archives = [record.read(name) for name in record.namelist() if name.endswith(".bel")]
    assert archives
    for i, data in enumerate(archives):
        folder = tmp_path / str(i)
        folder.mkdir()
        (folder / "election.bel").write_bytes(data)
        assert "all checks passed" in tool(folder, "verify")


def test_ballots_made_by_the_tool_enter_our_box_and_are_counted(tmp_path: Path) -> None:
    uuid, choices = "1" * 22, [[1, 0, 1], [0, 0, 0], [1, 1, 0]]
    random = stream(b"slips")
    codes = [draw_code(random) for _ in range(4)]
    assert [parse_slip(code.replace("-", " ")) for code in codes] == codes
    public = [GROUP.ser(GROUP.power_g(derive_secret(GROUP, uuid, code))) for code in codes]
    played = make_round(GROUP, "approve", 3, 2, drawn=frozenset(public))
    gate = played.gate
    setup = tmp_path / "election.bel"
    trustees = single_trustee(played.x)
    with setup.open("wb") as stream_:
        writer = ArchiveWriter(stream_, 1_700_000_000)
        writer.setup(gate.election.raw, trustees, compact(sorted(public)))
    box = MemoryBox()
    box.set_open(gate.slot, True)
    for code, choice in zip(codes, choices, strict=False):
        (tmp_path / "choice.json").write_bytes(compact([choice]))
        (tmp_path / "code").write_text(code)
        ballot = tool(
            tmp_path,
            "generate-ballot",
            "--privcred",
            str(tmp_path / "code"),
            "--ballot",
            str(tmp_path / "choice.json"),
        ).strip()
        body = pad(gate, encode_envelope(gate.slot, ballot, None, []))
        cast(box, {gate.slot: gate}, SigningKey(b"\x01" * 32), body)
    sums = aggregate.empty_sums(GROUP, [3])
    sealed = box.sealed(gate.slot)
    for envelope in sealed.values():
        sums = aggregate.add(GROUP, sums, check_envelope(gate, envelope).opened.ciphertexts)
    factors = tuple(tuple(GROUP.power(c.alpha, played.x) for c in row) for row in sums)
    assert aggregate.totals(GROUP, sums, factors, len(sealed)) == [[2, 1, 1]]


def single_trustee(x: int) -> bytes:
    """The ``trustees`` bytes of one trustee holding the whole key."""
    key = {
        "pok": prove_knowledge(GROUP, x, 12345).encode(),
        "public_key": GROUP.ser(GROUP.power_g(x)),
    }
    return compact([["Single", key]])


def test_our_verifier_agrees_on_an_archive_that_has_only_begun(tmp_path: Path) -> None:
    played = make_round(GROUP, "approve", 3, 2)
    data = io.BytesIO()
    ArchiveWriter(data, 1_700_000_000).setup(
        played.gate.election.raw, single_trustee(played.x), b"[]"
    )
    assert verify_archive(lambda: io.BytesIO(data.getvalue())).verdict == "not_checkable"
    (tmp_path / "election.bel").write_bytes(data.getvalue())
    tool(tmp_path, "verify")
