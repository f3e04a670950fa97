"""Every row of the table in belenios-format.md §10, and the check that names it.

Made from the published good archives with their secrets, on both groups; hashes, chain and
signatures are made anew wherever the attacker could make them, so that exactly the named check
fails (attacks E9, A5-A14, B7).
"""

from tests.attacks.leniencies import archive, ballots, counts
from tests.attacks.leniencies.table import CASES, GROUPS, Case, bench, made

__all__ = ["CASES", "GROUPS", "Case", "archive", "ballots", "bench", "counts", "made"]
