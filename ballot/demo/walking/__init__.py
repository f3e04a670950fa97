"""A walk through a whole session for whoever watches (``ballot demo --officials``).

The services run as on the day, over a preparation filled in from sample data. Whoever opens an
official's link *is* that official; all others are helpers, who act through the same HTTP
interface with keys of their own. From bottom to top: ``furnishing`` (accounts and preparation),
``doorway`` (the links), ``helper`` and ``trustee`` (one official's device), ``company`` (all of
them), ``deputies``, ``steps`` (what they do), ``walk`` (what comes next).
"""
