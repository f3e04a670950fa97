"""A session in preparation: from what the clerk types and imports to an adopted definition.

``parts``     what is prepared, as values: data, roll, votes, who signs what
``presets``   rule sets to begin with, and which rules a form offers
``slips``     drawn codes: the order for the machine off line, and the lists that come back
``missing``   what is still missing or refused, line by line
``defining``  the definition's bytes from a preparation and the keys that it names
``freezing``  a frozen version: its keys, its events, its installation into the services

Nothing here has effect before the presidium has adopted what was frozen.
"""
