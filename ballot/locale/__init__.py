"""What people read, Chinese first, English complete: ``zh.json`` and ``en.json``.

Both are flat objects, key -> template with ``{name}`` fields; a test compares their keys and
fields. Nothing here belongs to the pure core, which returns keys and numbers.
"""

from functools import cache
from importlib import resources

from ballot.crypto import encoding

LANGUAGES = ("zh", "en")


@cache
def messages(lang: str) -> dict[str, str]:
    """All templates of a language; KeyError for another one."""
    if lang not in LANGUAGES:
        raise KeyError(lang)
    data = resources.files(__name__).joinpath(f"{lang}.json").read_bytes()
    templates: dict[str, str] = encoding.parse_json(data)
    return templates


def message(lang: str, key: str, /, **fields: object) -> str:
    """The text of ``key`` with its fields filled in; KeyError for an unknown language or key,
    or a field not given.
    """
    return messages(lang)[key].format(**fields)
