"""What a trustee's device does: ceremony, drill, seal, decryption, signatures.

Values and pure functions; only :mod:`~ballot.trustee.device` reads and writes files. No server is
needed: documents travel in a folder, however it gets from one device to the next (protocol §3).
The browser's mirror is ``web/static/client/{ceremony,trustee}.mjs``.
"""
