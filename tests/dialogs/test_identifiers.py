"""Identifiers: what is understood, what is refused, and that nothing else ever happens."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitrix24_dialogs.dialogs.identifiers import InputError, UserCode, chat_number, positive_number, user_code

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True),
    st.text(),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@pytest.mark.parametrize("given_value", [2043, "2043", " 2043 ", "chat2043", "CHAT2043", 2043.0])
def test_a_chat_is_named_by_its_number_in_any_usual_form(given_value: object) -> None:
    assert chat_number(given_value) == 2043


@pytest.mark.parametrize(
    "given_value", [0, -5, "", "0", "chat", "chat0", "sg2043", "12.7", 12.7, True, None, [2043], {}]
)
def test_what_is_no_chat_number_is_refused(given_value: object) -> None:
    with pytest.raises(InputError, match="for example 2043"):
        chat_number(given_value)


@pytest.mark.parametrize("begins", ["", "chat", " chat"])
def test_a_heap_of_blanks_is_refused_at_once(begins: str) -> None:
    """While it is looked at, nobody else is served."""
    started = time.process_time()
    with pytest.raises(InputError):
        chat_number(f"{begins}{' ' * 60_000}x")
    assert time.process_time() - started < 5  # milliseconds; where each blank is tried with each other, minutes


@pytest.mark.parametrize("given_value", [2**53, "9007199254740992", 10**30])
def test_numbers_that_are_too_large_are_refused(given_value: object) -> None:
    with pytest.raises(InputError):
        positive_number(given_value)


def test_a_session_is_not_named_like_a_chat() -> None:
    with pytest.raises(InputError):
        positive_number("chat321")


@pytest.mark.parametrize("text", ["livechat|22|1761|587", "imol|livechat|22|1761|587", " IMOL|livechat|22|1761|587 "])
def test_a_user_code_has_four_parts_and_may_come_from_crm(text: str) -> None:
    assert user_code(text) == UserCode("livechat", 22, "1761", 587)
    assert str(user_code(text)) == "livechat|22|1761|587"


def test_the_client_of_a_group_connector_is_zero() -> None:
    assert user_code("viber|3|abc-def|0").client_id == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "livechat",
        "livechat|22|1761",
        "livechat|22|1761|587|9",
        "|22|1761|587",
        "livechat||1761|587",
        "livechat|22||587",
        "livechat|22|1761|",
        "livechat|line|1761|587",
        "livechat|0|1761|587",
        "livechat|22|1761|client",
        "imol|321",
        "livechat |22|1761|587",
        "livechat|-2|1761|587",
    ],
)
def test_a_malformed_user_code_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match=r"livechat\|22\|1761\|587"):
        user_code(text)


@given(ANYTHING)
def test_identifiers_understand_or_refuse_and_nothing_else(value: object) -> None:
    for understand in (chat_number, positive_number, user_code):
        try:
            understood = understand(value)
        except InputError:
            continue
        assert isinstance(understood, UserCode) or 0 < understood < 2**53


@given(st.text(min_size=12, max_size=60))
def test_a_refusal_does_not_repeat_what_was_given(value: str) -> None:
    for understand in (chat_number, positive_number, user_code):
        try:
            understand(value)
        except InputError as error:
            assert value not in str(error)
