"""ballot: secret ballots for local people's congresses, which anyone can recheck.

The map, from the inside out (each layer imports only what stands above it here):

``crypto``      groups, proofs, tokens, keys, bytes; pure functions
``tally``       sessions, ballots, rules, outcomes, events; immutable data, pure functions
``verify``      a stranger's reader: record or archive in, fourteen checks out
``store``       the only SQL: board, roll, box and office, and their migrations
``publishing``  publish(event): the one door through which a session changes
``issuing``, ``registrar``  who is here, and one blind signature per signer, deputy and slot
``polling``     casting: an envelope in, a receipt out; knows nobody
``conduct``     from sealed boxes and events to totals, certificate and record
``trustee``     what a scrutineer's own device does, with files alone
``importing``   rolls and projects from workbooks and tables, with findings row by row
``proving``, ``accounts``     officials' passwords and second factors; their log-ins
``waiting``, ``signing_room``  what waits for whom; drafts and their signatures
``installing``  a service's keys, then the adopted session
``web``         the services over HTTP, the pages and the tablets' client
``demo``        a whole session played by simulated people, over HTTP
``cli``         the commands; each parses, calls one use case, prints
``locale``, ``data``, ``settings``, ``tls``  texts, sample sessions, what is set, certificates
"""

__version__ = "0.1.0"
