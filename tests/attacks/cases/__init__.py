"""The corpus: one named change of a good record each, and the check that must refuse it.

Ids begin with that of the attack. A case with ``-remade`` in its id, and every one that calls
``recount``, ``reseal`` or leaves ``signed`` on, has all hashes and all signatures that its
attacker could make; only the named check is left to find it. Each module beside ``table`` and
``changes`` is a family of attacks and fills the table when it is imported.
"""

from tests.attacks.cases import (
    agreement,
    archive,
    ballots,
    certificate,
    container,
    definition,
    drawn,
    elements,
    events,
    irregular,
    keys,
    later_rounds,
    malformed,
    order,
    receipts,
    seal,
    shapes,
    spellings,
    styles,
    tokens,
    totals,
)
from tests.attacks.cases.table import CASES, Case, add

__all__ = [
    "CASES",
    "Case",
    "add",
    "agreement",
    "archive",
    "ballots",
    "certificate",
    "container",
    "definition",
    "drawn",
    "elements",
    "events",
    "irregular",
    "keys",
    "later_rounds",
    "malformed",
    "order",
    "receipts",
    "seal",
    "shapes",
    "spellings",
    "styles",
    "tokens",
    "totals",
]
