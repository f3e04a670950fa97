"""V1: the zip file and its members (protocol §10, docs/record.md)."""

import io
import zipfile

from tests.naive.documents import read_canonical, sha
from tests.naive.findings import Findings

README_DIGEST = "75906cb48636a2e1126007e083dd926babf35989575695c0cbd2fb43dec188dc"


class ContainerRules(Findings):
    """Whatever is in the file that a record has, and nothing else."""

    def read_container(self) -> None:
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            infos = archive.infolist()
            names = [info.filename for info in infos]
            self.require("V1", names == sorted(set(names)), "names not sorted, or twice")
            self.require("V1", not archive.comment, "the container has a comment")
            size = 0
            for info in infos:
                size += info.file_size
                fine = info.date_time == (1980, 1, 1, 0, 0, 0) and not info.comment
                fine = fine and not info.extra and info.compress_type in (0, 8)
                fine = fine and not info.flag_bits & 1 and not info.filename.endswith("/")
                self.require("V1", fine, f"{info.filename}: its directory entry")
                if size > 2**27:
                    raise ValueError("larger than any record")
                self.members[info.filename] = archive.read(info)
            # Nothing before, between or behind the members.
            at = 0
            for info in infos:
                self.require("V1", info.header_offset == at, f"bytes before {info.filename}")
                local = self.data[at : at + 30]
                at += 30 + int.from_bytes(local[26:28], "little")
                at += int.from_bytes(local[28:30], "little") + info.compress_size
                if info.flag_bits & 8:
                    at += 16
            self.require("V1", archive.start_dir == at, "bytes before the directory")
            directory = sum(46 + len(info.filename.encode()) for info in infos)
            self.require("V1", len(self.data) == at + directory + 22, "bytes behind the directory")

    def check_members(self) -> None:
        expected = {"README.txt", "definition.json", "events.jsonl"}
        for one in self.log.rounds.values():
            if one.certified:
                files = ["outcome.json", "certificate.json"]
                files += ["election.bel", "admissions.jsonl"] if one.tablets else []
                files += ["paper.json"] if one.paper else []
                expected |= {f"rounds/{one.slot}/{name}" for name in files}
        for name in sorted(expected ^ set(self.members)):
            self.fail("V1", f"{name}: " + ("missing" if name in expected else "unexpected"))
        for name, data in self.members.items():
            with self.part("V1", name):
                if name.endswith(".json"):
                    read_canonical(data)
                elif name.endswith("admissions.jsonl"):
                    *lines, end = data.split(b"\n")
                    self.require("V1", end == b"", f"{name}: the last line is not ended")
                    for line in lines:
                        read_canonical(line)
                elif name == "README.txt":
                    same = sha(data) == README_DIGEST
                    self.require("V1", same, "README.txt is not the text every record has")
