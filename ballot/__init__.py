"""ballot: secret ballots for local people's congresses, which anyone can recheck.

The map, from the inside out (each layer imports only what stands above it here):

``crypto``   groups, proofs, tokens, keys, bytes; pure functions
``tally``    sessions, ballots, rules, outcomes, events; immutable data, pure functions
``verify``   a stranger's reader: record or archive in, fourteen checks out
``polling``, ``registrar``, ``publishing``  use cases: cast, issue, publish(event)
``demo``     a whole session played by simulated people
``web``      the public result page
``cli``      the commands; each parses, calls one use case, prints
``locale``, ``data``  texts in Chinese and English; invented sample sessions
"""

__version__ = "0.1.0"
