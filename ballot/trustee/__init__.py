"""What a trustee's device does: ceremony, drill, seal, decryption, signatures.

Values and pure functions; files are read and written by :mod:`~ballot.trustee.device` and
``ceremony_files`` alone, by way of ``files``. No server is needed: documents travel in a folder,
however it gets from one device to the next (protocol §3).
The browser's mirror is ``web/static/client/{ceremony,trustee}.mjs``.
"""
