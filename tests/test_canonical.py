"""Canonical bytes: what RFC 8785 says, for the narrowed kind of body that an event is."""

import unicodedata
from enum import StrEnum

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from models.canonical import NotCanonical, canonical

LARGEST = 2**53 - 1
TEXTS = st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: unicodedata.normalize("NFC", text))
KEYS = st.text(st.characters(max_codepoint=127))
SCALARS = st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | TEXTS
BODIES = st.dictionaries(
    KEYS, st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)
)


class Kind(StrEnum):
    CLOSED = "closed"


@given(BODIES)
def test_the_bytes_are_those_of_rfc_8785(body):
    assert canonical(body) == rfc8785.dumps(body)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_is_brought_to_nfc(text):
    assert canonical({"a": [text]}) == rfc8785.dumps({"a": [unicodedata.normalize("NFC", text)]})


def test_an_escape_does_not_melt_with_the_accent_after_it():
    assert canonical({"a": "\n\u0303", "b": "e\u0301"}) == '{"a":"\\n\u0303","b":"é"}'.encode()


def test_the_order_of_keys_does_not_matter():
    assert canonical({"b": 1, "a": {"d": 2, "c": 3}}) == canonical({"a": {"c": 3, "d": 2}, "b": 1})


def test_a_named_constant_is_written_as_its_text():
    assert canonical({"type": Kind.CLOSED}) == b'{"type":"closed"}'


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), LARGEST + 1, -LARGEST - 1, b"x", {1}, object(), "\ud800", {"é": 1}, {1: 1}]
)
def test_what_has_more_than_one_writing_is_refused(value):
    with pytest.raises(NotCanonical):
        canonical({"outer": [value]})


def test_a_body_that_holds_itself_is_refused():
    body: dict[str, object] = {}
    body["self"] = body

    with pytest.raises(NotCanonical):
        canonical(body)


def test_a_number_too_long_to_print_is_refused_like_any_other():
    with pytest.raises(NotCanonical):
        canonical({"a": 10**5000})
