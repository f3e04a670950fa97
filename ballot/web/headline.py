"""The first sentence of a result: how many items came out how."""

from collections import Counter
from collections.abc import Mapping, Sequence

from ballot.web.items import GRADES, MOST_VOTES
from ballot.web.model import ItemView
from ballot.web.rounds import Document
from ballot.web.words import Words

# The words of the headline, in the order in which it says them.
_SELECTED = (
    "elected",
    "tied",
    "second_tie",
    "not_chosen",
    "not_chosen.plurality",
    "not_passed",
    "not_passed.plurality",
)


def headline(
    words: Words, vote: Document, final: Mapping[str, ItemView], elected: Sequence[str]
) -> tuple[tuple[str, bool], ...]:
    """9 个候选项目中，**8 项入选**，1 项过半数未入选。 Items count by their last round."""
    counts, kind = vote["rules"]["publish_counts"], vote["kind"]
    keys = {id_: "elected" if id_ in elected else _word(item) for id_, item in final.items()}
    number = Counter(keys.values())
    if kind == "motion":
        (item,) = final.values()
        return ((words("head.motion"), False), (item.label, True), (words("stop"), False))
    order = (*GRADES[:3], "ungraded") if kind == "rating" else _SELECTED
    said = [
        (words(f"head.{key}", number=number[key]), key in ("elected", "satisfied"))
        for key in order
        if number[key] or key == "elected"
    ]
    if kind == "selection" and counts == "elected_only":
        said = said[:1]
    pieces = [(words(f"head.{kind}", number=len(final)), False)]
    for i, piece in enumerate(said):
        pieces += [(words("comma"), False), piece] if i else [piece]
    return (*pieces, (words("stop"), False))


def _word(item: ItemView) -> str:
    plain = item.outcome in ("not_chosen", "not_passed") and item.rule in MOST_VOTES
    return f"{item.outcome}.plurality" if plain else item.outcome
