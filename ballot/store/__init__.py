"""The databases: the only room that speaks SQL.

Three small stores that share no key, one branch of the migrations each: :mod:`board` (definition,
events, turnout shown; in every service), :mod:`roll` (registrar and signer) and :mod:`box`.
"""
