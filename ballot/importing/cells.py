"""One cell of a record to plain text, with the findings that every field shares."""

from ballot.importing.findings import Finding
from ballot.importing.headers import Record
from ballot.importing.tidying import Rules, tidy, trouble


def read_cell(
    record: Record,
    name: str,
    rules: Rules,
    limit: int,
    findings: list[Finding],
    required: bool = False,
    question_mark: bool = False,
) -> str:
    """The plain text of a field; what was done to it and what is wrong goes to ``findings``."""
    seen = record.cells.get(name, "")
    text, kinds = tidy(seen, rules)
    row = record.row
    if name in record.merged:
        findings.append(Finding("import.merged_cell", row, name, became=text))
    elif kinds:
        findings.append(Finding("import.tidied", row, name, seen, text, kinds))
    if not text:
        if required:
            findings.append(Finding("import.empty", row, name))
        return text
    if code := trouble(text, question_mark):
        findings.append(Finding(code, row, name, text))
    elif required and not any(c.isalnum() for c in text):
        findings.append(Finding("import.no_letters", row, name, text))
    if len(text) > limit:
        fields: dict[str, str | int] = {"length": len(text), "limit": limit}
        findings.append(Finding("import.too_long", row, name, text[:40], fields=fields))
    return text
