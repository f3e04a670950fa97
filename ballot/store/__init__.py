"""The databases: the only room that speaks SQL.

Four small stores that share no key, one branch of the migrations each: :mod:`board` (definition,
events, turnout shown; in every service), :mod:`roll` (registrar and signer), :mod:`office`
(officials' accounts and drafts; registrar) and :mod:`box`.
"""
