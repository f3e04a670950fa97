"""What a template prints of one round, as frozen values; the texts are in one language."""

from dataclasses import dataclass

from ballot.web.bars import Axis, Part


@dataclass(frozen=True)
class Figure:
    """One of 应到 实到 发出 收回 有效 无效; ``number`` is None where it was never known."""

    name: str
    label: str
    number: int | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ItemView:
    """One item of the ballot and how it ended.

    ``marks`` are the counts of every answer in the order of the ballot, ``yes_width`` and
    ``parts`` its bar, ``rate`` the 满意率 of a rated item. ``outcome`` is the word of the
    counting rules, ``look`` the shape of its tag, ``label`` its words.
    """

    number: int
    id: str
    title: str
    outcome: str
    rule: str
    look: str
    label: str
    reason: str
    marks: tuple[int, ...]
    yes_width: str = ""
    passed: bool | None = None
    rank: int | None = None
    axis: Axis | None = None
    parts: tuple[Part, ...] = ()
    rate: str = ""


@dataclass(frozen=True, kw_only=True)
class RoundView:
    """A round, certified or voided. ``items`` in ballot order with everything the certificate
    says; what the public page shows of them is :meth:`shown`.
    """

    slot: str
    name: str
    kind: str
    seats: int
    valid: bool
    figures: tuple[Figure, ...]
    validity: str
    answers: tuple[str, ...] = ()
    items: tuple[ItemView, ...] = ()
    axis: Axis | None = None
    base: str = ""
    formula: str = ""
    tie: str = ""
    vacancy: str = ""
    vacant: int = 0
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    counts: str = "full"
    order: str = "ballot"

    def figure(self, name: str) -> Figure:
        """The figure of that name; KeyError where there is none."""
        return {figure.name: figure for figure in self.figures}[name]

    @property
    def shown(self) -> tuple[ItemView, ...]:
        """The items as far as R20 and in the order that R21 publishes them."""
        items = self.items
        if self.counts == "elected_only" and self.kind == "selection":
            items = tuple(item for item in items if item.outcome == "elected")
        if self.order == "votes" and self.kind == "selection":
            items = tuple(sorted(items, key=lambda item: -item.marks[0]))
        return items

    @property
    def columns(self) -> int:
        """How many answers the public page shows with their numbers."""
        if self.kind == "rating":
            return len(self.answers) if self.counts == "full" else 0
        return {"full": len(self.answers), "yes_only": 1}.get(self.counts, 0)
