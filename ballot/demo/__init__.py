"""A rehearsal with invented people: a whole session played from sample data to the record.

The officials, trustees and deputies here are simulated; everything they do runs through
the code that a real session uses. From bottom to top: ``sample`` and ``plan`` (what is
played), ``officials`` and ``defining`` (who signs what), ``desk`` and ``tablets`` (where
deputies meet machines), ``stage`` (one session), ``acts``, ``papers``, ``certifying`` and
``rounds`` (what can happen on it), ``play`` (the script of the standard session). ``walking``
is the other way to play: a prepared service, and a helper for each official whom nobody plays.
"""
