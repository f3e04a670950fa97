"""Sessions, ballots, rules and outcomes: immutable data, pure functions."""
