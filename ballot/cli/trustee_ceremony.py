"""``ballot trustee ceremony`` and ``drill``: the key ceremony with files alone.

The folder holds one board after the other (:mod:`ballot.trustee.boards`). ``step`` works on the
one in use; ``renew`` gives it up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ballot.cli.output import read_file
from ballot.cli.trustee_files import (
    HOME,
    Code,
    Folder,
    Home,
    LaidBoard,
    Lang,
    PassphraseFile,
    Visit,
    Yes,
    ask,
    now,
    refusing,
    show,
    visit,
)
from ballot.cli.trustee_keys import MAX_COPY
from ballot.crypto.errors import Invalid
from ballot.locale import message
from ballot.trustee import drafts
from ballot.trustee.ceremony import Progress, proceed
from ballot.trustee.ceremony_files import CeremonyFiles
from ballot.trustee.device import open_official, open_share, read_copy
from ballot.trustee.documents import file_name
from ballot.trustee.drill import make_drill, require_share

app = typer.Typer(no_args_is_help=True, help="The key ceremony.")


@dataclass(frozen=True)
class _Seat:
    """A trustee at a board: the session, the own place, and what the device keeps of both."""

    here: Visit
    board: LaidBoard
    kept: CeremonyFiles

    def proceed(self) -> Progress:
        """What can be done now; nothing is written."""
        drill = self.kept.drill(file_name("drill", self.here.place.index))
        seed = self.kept.seed(self.here.place, self.here.passphrase)
        return proceed(self.here.place, seed, self.board.documents, self.kept.seen(), drill)

    def step(self) -> Progress:
        """One pass: what was accepted and the share are saved before anything is handed out."""
        progress = self.proceed()
        self.kept.save_seen(dict(progress.seen))
        if progress.trustees is not None and progress.share is not None:
            self.here.files.keep_share(self.here.place, progress.share, self.here.passphrase)
        self.hand_out(progress.documents)
        return progress

    def hand_out(self, documents: Mapping[str, bytes]) -> None:
        """Into the folder, and say so."""
        for name, data in documents.items():
            if path := self.board.put(name, data):
                show(self.here.lang, "trustee.wrote", path=path)

    def names(self, officers: tuple[str, ...]) -> str:
        """Those people, without oneself."""
        officer, own = self.here.told.definition.officer, self.here.place.id
        names = [officer(one).name for one in officers if one != own]
        return message(self.here.lang, "trustee.comma").join(names)

    def report(self, progress: Progress) -> None:
        """For whom one waits, or that all is done."""
        if progress.event is not None:
            path = self.here.told.folder / "keys-ready.json"
            path.write_bytes(drafts.encode(progress.event))
            show(self.here.lang, "trustee.ceremony_done", path=path)
            return
        if progress.waiting == "drill" and self.here.place.id in progress.missing:
            show(self.here.lang, "trustee.do_drill")
        if names := self.names(progress.missing):
            step = message(self.here.lang, f"trustee.step.{progress.waiting}")
            show(self.here.lang, "trustee.waiting", step=step, names=names)


@app.command("step")
def step_command(
    board: Folder,
    home: Home = HOME,
    passphrase_file: PassphraseFile = None,
    session: Code = "",
    lang: Lang = "zh",
) -> None:
    """Do whatever can be done now, and say for whom you wait. May be repeated at any time."""
    here = visit(board, home, passphrase_file, session, lang)
    told, place, files, lang = here.told, here.place, here.files, here.lang
    with refusing(lang):
        if told.record.state.trustees is not None:
            share = files.share(place, here.passphrase)
            require_share(place, share, told.record.state.trustees.encode())
            files.forget_ceremony()
            show(lang, "trustee.keys_are_ready")
            return
        laid = told.board()
        kept = files.enter(laid.number)
        if laid.number > 1 and not kept.has_seed:
            show(lang, "trustee.board", number=laid.number)
        seat = _Seat(here, laid, kept)
        seat.report(seat.step())


@app.command("renew")
def renew_command(
    board: Folder,
    home: Home = HOME,
    passphrase_file: PassphraseFile = None,
    session: Code = "",
    yes: Yes = False,
    lang: Lang = "zh",
) -> None:
    """Give up a ceremony that broke; once every trustee has, ``step`` begins it anew."""
    here = visit(board, home, passphrase_file, session, lang)
    told, place, files, lang = here.told, here.place, here.files, here.lang
    with refusing(lang):
        laid = told.board()
        if told.record.state.trustees is not None or laid.ready is not None:
            raise Invalid("ceremony.over", f"board {laid.number}")
        files.require_before(laid.number)
        seat = _Seat(here, laid, files.ceremony(laid.number))
        if seat.kept.renewal() is None:
            ask(lang, "trustee.ask_renew", yes, number=laid.number)
        seat.hand_out({file_name("renewal", place.index): seat.kept.give_up(place)})
        missing = tuple(one for one in told.definition.trustees if one not in laid.gave_up)
        if names := seat.names(missing):
            show(lang, "trustee.renewal_waits", names=names)
        else:
            show(lang, "trustee.renewed", number=laid.number + 1)


def drill_command(
    board: Folder,
    copy: Annotated[Path, typer.Option(help="The exported copy, or the text of its QR sheet.")],
    home: Home = HOME,
    passphrase_file: PassphraseFile = None,
    session: Code = "",
    lang: Lang = "zh",
) -> None:
    """Prove with the exported copy, not with this device's files, that it opens and works."""
    here = visit(board, home, passphrase_file, session, lang)
    told, place, files, lang = here.told, here.place, here.files, here.lang
    with refusing(lang):
        if copy.exists() and copy.resolve().is_relative_to(home.resolve()):
            raise Invalid("drill.not_a_copy", str(copy))
        found = read_copy(read_file(copy, MAX_COPY, lang))
        if set(found) != {"official", "trustee"}:
            raise Invalid("drill.incomplete")
        if open_official(found["official"], here.passphrase) != (place.id, place.key):
            raise Invalid("drill.other_official")
        share = open_share(found["trustee"], place, here.passphrase)
        laid = told.board()
        kept = files.enter(laid.number)
        seat = _Seat(here, laid, kept)
        progress = seat.proceed()
        if progress.trustees is None:
            raise Invalid("drill.too_early")
        name = file_name("drill", place.index)
        seed = kept.seed(place, here.passphrase)
        made = make_drill(place, seed, share, progress.trustees, now())
        if kept.drill(name) is None:
            kept.save_drill(name, made)
        show(lang, "trustee.drilled")
        seat.report(seat.step())
