"""Message files: complete in both languages, with the same fields."""

from string import Formatter

import pytest

from ballot.locale import LANGUAGES, message, messages


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def test_both_languages_have_the_same_keys() -> None:
    assert set(messages("zh")) == set(messages("en"))
    assert LANGUAGES == ("zh", "en")


def test_every_message_has_the_same_fields_in_both_languages() -> None:
    for key, template in messages("zh").items():
        assert fields(template) == fields(messages("en")[key]), key


def test_fields_are_plain_names() -> None:
    for lang in LANGUAGES:
        for key, template in messages(lang).items():
            assert all(name.isidentifier() for name in fields(template)), key


def test_a_missing_key_field_or_language_is_an_error() -> None:
    for lang, key in (("zh", "outcome.nothing"), ("fr", "outcome.elected")):
        with pytest.raises(KeyError):
            message(lang, key)
    with pytest.raises(KeyError):
        message("zh", "outcome.named", name="供水")


def test_braces_in_a_value_are_not_read_as_fields() -> None:
    assert message("zh", "outcome.named", name="{reason}", reason="入选。") == "{reason}：入选。"
