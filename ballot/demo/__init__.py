"""A rehearsal with invented people: a whole session played from sample data to the record.

The officials, trustees and deputies here are simulated; everything they do runs through
the code that a real session uses.
"""
