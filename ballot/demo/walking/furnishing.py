"""A directory in which a session is prepared from sample data, and everybody has an account."""

import base64
import time
from dataclasses import dataclass

from ballot import proving
from ballot.accounts import Accounts
from ballot.demo.officials import appoint
from ballot.demo.plan import Plan
from ballot.preparing.parts import About, Committee, Listed, Preparation, Voting, encode_part
from ballot.settings import Settings
from ballot.tally.session import Approval, Item
from ballot.web.prepare_home import Home

PASSWORD = "qingshan-7-lantern"
"""Of every account of the walk, and the passphrase of every helper's key file."""
OBSERVER = ("observer-1", "观察员（样例）")


@dataclass(frozen=True)
class Person:
    """An official of the walk: invented. ``secret``: of the one-time codes."""

    id: str
    name: str
    roles: tuple[str, ...]
    secret: bytes

    def code(self) -> str:
        """The one-time code of this moment, for the page where one signs in."""
        return proving.code_at(self.secret, time.time())  # noqa: TID251 -- codes are of now


def furnish(settings: Settings, plan: Plan, roll: tuple[Listed, ...]) -> tuple[Person, ...]:
    """Accounts for everybody, and all parts of the preparation; nothing is frozen.

    The clerk comes first, as the officials of the sample do.
    """
    home = Home(settings)
    try:
        accounts = home.door().accounts
        named = [(one.id, one.name, tuple(one.roles)) for one in appoint(plan.people, bytes)]
        people = [_open(accounts, *one) for one in (*named, (*OBSERVER, ("observer",)))]
        trustees = tuple(one.id for one in people if "scrutineer" in one.roles)
        prepared = preparation_of(plan, roll, trustees)
        parts = ("about", "roll", "committee", "votes")
        home.store.change(lambda _: {name: encode_part(prepared, name) for name in parts})
    finally:
        home.database.close()
    return tuple(people)


def _open(accounts: Accounts, account: str, name: str, roles: tuple[str, ...]) -> Person:
    """Invite and accept, as people do."""
    first = accounts.begin(account, name) if roles == ("clerk",) else None
    code = first or accounts.invite(account, name, roles)
    secret = base64.b32decode(accounts.offer(code).secret.replace(" ", ""))
    person = Person(account, name, roles, secret)
    accounts.accept(code, PASSWORD, person.code())
    return person


def preparation_of(plan: Plan, roll: tuple[Listed, ...], trustees: tuple[str, ...]) -> Preparation:
    """What the clerk would have typed for the session of that plan."""
    source, assembly = plan.source, plan.source["assembly"]
    is_town = assembly["level"] == "town"
    officers = source["officers"]
    about = About(
        congress=f"{assembly['town' if is_town else 'county']}人民代表大会",
        assembly=assembly["name"],
        government="镇人民政府" if is_town else "县人民政府",
        title=plan.title,
        year=source["year"],
        date=source["session_date"],
        note=source["_note"],
        group=plan.group,
        min_ballots=plan.min_ballots,
        min_paper=plan.min_paper,
    )
    votes = tuple(
        Voting(
            id=vote.id,
            title=vote.title,
            kind=vote.kind,
            style=vote.style,
            seats=vote.seats,
            slots=len(vote.slots),
            channels=vote.channels,
            rules=vote.rules,
            items=tuple(Item(**item) for item in vote.items),
            approvals=tuple(Approval(**step) for step in vote.approvals),
            waiver=Approval(**vote.waiver) if vote.waiver else None,
        )
        for vote in plan.votes
    )
    committee = Committee(officers["presidium_quorum"], trustees, officers["key_threshold"])
    return Preparation(about=about, roll=roll, committee=committee, votes=votes)
