"""``ballot trustee``: what a scrutineer's device does, with files alone and without a server.

Ceremony, drill, seal, decryption; ``sign`` is for every official. The session's folder is carried
from one to the next, or shared: nothing in it is secret.
"""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bars

from ballot.cli import trustee_ceremony, trustee_keys
from ballot.cli.output import language, plain, read_file
from ballot.cli.trustee_files import (
    HOME,
    Code,
    Folder,
    Home,
    Lang,
    PassphraseFile,
    Session,
    Yes,
    ask,
    ask_passphrase,
    count_lines,
    envelopes,
    make_device,
    now,
    read_session,
    refusing,
    show,
    visit,
)
from ballot.crypto.encoding import code_of_hex, pretty
from ballot.locale import message
from ballot.tally.events import Event
from ballot.trustee import drafts
from ballot.trustee.documents import Place
from ballot.trustee.journal import from_events
from ballot.trustee.review import add_signatures, review, roles_for
from ballot.trustee.sealing import decrypt, seal

app = typer.Typer(no_args_is_help=True, help="A scrutineer's device: keys, seal, decryption.")
app.add_typer(trustee_keys.app, name="key")
app.add_typer(trustee_ceremony.app, name="ceremony")
app.command("drill")(trustee_ceremony.drill_command)

Slot = Annotated[str, typer.Option(help="Id of the round's slot.")]
Box = Annotated[Path | None, typer.Option(help="The box; default: box-SLOT.jsonl in the folder.")]


@app.command("seal")
def seal_command(
    board: Folder,
    slot: Slot,
    box: Box = None,
    home: Home = HOME,
    passphrase_file: PassphraseFile = None,
    session: Code = "",
    yes: Yes = False,
    lang: Lang = "zh",
) -> None:
    """Verify every ballot of a closed box, recompute root and sum, sign the seal."""
    here = visit(board, home, passphrase_file, session, lang)
    told, place, files, lang = here.told, here.place, here.files, here.lang
    path = box or told.box(slot)
    total = count_lines(path, lang)
    with refusing(lang), files.journal_lock():
        journal = files.journal(place)
        with _Progress(lang, total) as step:
            journal, event = seal(
                told.record, journal, place, slot, envelopes(path, lang), now(), step
            )
        body = event.body
        show(lang, "trustee.box", number=body["size"], code=code_of_hex(body["root"]))
        ask(lang, "trustee.ask_box", yes, code=code_of_hex(body["root"]))
        files.save_journal(journal)
        _hand_out(told, event, place, lang)


@app.command("decrypt")
def decrypt_command(
    board: Folder,
    slot: Slot,
    box: Box = None,
    home: Home = HOME,
    passphrase_file: PassphraseFile = None,
    session: Code = "",
    yes: Yes = False,
    lang: Lang = "zh",
) -> None:
    """Decrypt your part of the sealed sum, and of nothing else."""
    here = visit(board, home, passphrase_file, session, lang)
    told, place, files, lang = here.told, here.place, here.files, here.lang
    path = box or told.box(slot)
    total = count_lines(path, lang)
    with refusing(lang), files.journal_lock():
        journal = from_events(files.journal(place), told.record.state)
        share = files.share(place, here.passphrase)
        with _Progress(lang, total) as step:
            journal, event = decrypt(
                told.record, journal, place, share, slot, envelopes(path, lang), now(),
                secrets.token_bytes, step,
            )  # fmt: skip
        one = told.record.state.round(slot)
        show(lang, "trustee.box", number=one.returned["tablet"], code=code_of_hex(one.root or ""))
        ask(lang, "trustee.ask_decrypt", yes)
        files.save_journal(journal)
        _hand_out(told, event, place, lang)


@app.command("sign")
def sign_command(
    file: Annotated[Path, typer.Argument(help="The draft; your signatures are added to it.")],
    board: Folder,
    box: Box = None,
    home: Home = HOME,
    passphrase_file: PassphraseFile = None,
    yes: Yes = False,
    lang: Lang = "zh",
) -> None:
    """Say in words what a draft states, verify what can be verified, ask, sign."""
    lang = language(lang)
    told = read_session(board, lang)
    data = read_file(file, 16 * 1024 * 1024, lang)
    passphrase = ask_passphrase(passphrase_file, lang)
    with refusing(lang):
        draft = drafts.decode(data)
        owner, key = make_device(home).official(passphrase)
        roles = roles_for(told.definition, draft, owner, key)
        path = box or told.box(draft.slot or "")
        here = path.exists()
        with _Progress(lang, count_lines(path, lang) if here else 0) as step:
            source = envelopes(path, lang) if here else None
            certificate = review(told.record, told.log, draft, source, step)
        _describe(draft, certificate, told, lang)
        ask(lang, "trustee.ask_sign", yes)
        file.write_bytes(drafts.encode(add_signatures(draft, owner, key, roles)))
    show(lang, "trustee.signed", path=file, roles=", ".join(roles))


def _describe(draft: Event, certificate: object, told: Session, lang: str) -> None:
    says = message(lang, f"trustee.kind.{draft.kind}")
    show(lang, "trustee.says", says=says, code=told.code, minute=draft.minute)
    if draft.slot:
        vote, _, number = told.definition.slot(draft.slot)
        show(lang, "trustee.says_round", title=vote.title, number=number)
    if certificate is not None:
        code = code_of_hex(draft.body["certificate"])
        show(lang, "trustee.certificate_holds", code=code)
    shown = pretty(certificate if certificate is not None else draft.body)
    typer.echo("\n".join(plain(line) for line in shown.splitlines()))


def _hand_out(told: Session, event: Event, place: Place, lang: str) -> None:
    path = told.folder / f"{event.kind}-{event.slot}-{place.index}.json"
    path.write_bytes(drafts.encode(event))
    show(lang, "trustee.hand_out", path=path)


class _Progress:
    """A bar for the ballots verified."""

    def __init__(self, lang: str, total: int) -> None:
        self._bars = Bars(console=Console(stderr=True), transient=True)
        self._lang, self._total = lang, total

    def __enter__(self) -> Callable[[int], None]:
        self._bars.start()
        task = self._bars.add_task(message(self._lang, "verify.progress"), total=self._total)
        return lambda done: self._bars.update(task, completed=done)

    def __exit__(self, *_: object) -> None:
        self._bars.stop()
