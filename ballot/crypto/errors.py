"""The one refusal of the project.

A check returns nothing (or the decoded value) or raises :class:`Invalid`; there is no
boolean that a caller could forget to look at.
"""


class Invalid(Exception):
    """Input that must be refused.

    ``code`` is stable, dotted, English and the same in the protocol, the API, the message
    files, the attack corpus and the verifier's report (``ballot.bad_proof``).
    ``detail`` is for people reading a report: it names the place, never a secret.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code
