"""Arguments: whatever a client sends is understood or named in one line; nothing crashes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitrix24_dialogs.dialogs.identifiers import InputError
from bitrix24_dialogs.toolbox.declaration import AnyTool
from bitrix24_dialogs.tools import all_tools

TOOLS = {declared.name: declared for declared in all_tools()}
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = sorted({name for declared in TOOLS.values() for name in declared.parameters.input_schema()["properties"]})


def bind(tool: str, **given_arguments: object) -> dict[str, object]:
    return TOOLS[tool].parameters.bind(given_arguments)


def test_an_unknown_argument_is_named_with_the_valid_ones() -> None:
    with pytest.raises(
        InputError, match=r"unknown argument 'chatid' \(valid: chat_id, activate\); chat_id is required"
    ):
        bind("session_mode_pin", chatid=1)


def test_a_tool_without_arguments_takes_none() -> None:
    assert bind("session_mode_pin_all") == {}
    with pytest.raises(InputError, match="valid: none"):
        bind("session_mode_pin_all", chat_id=1)


def test_null_counts_as_not_given() -> None:
    assert bind("dialog_get", chat_id=5, session_id=None) == {"chat_id": 5}
    with pytest.raises(InputError, match="activate is required"):
        bind("session_mode_silent", chat_id=5, activate=None)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (True, True),
        (False, False),
        ("Y", True),
        ("n", False),
        ("on", True),
        ("OFF", False),
        ("yes", True),
        (1, True),
        (0, False),
        ("true", True),
        ("false", False),
    ],
)
def test_switches_are_understood_in_usual_forms(value: object, meant: bool) -> None:
    assert bind("session_mode_silent", chat_id=1, activate=value)["activate"] is meant


@pytest.mark.parametrize("value", ["maybe", "", 2, -1, 1.5, [], {}, "YN"])
def test_anything_else_is_no_switch(value: object) -> None:
    with pytest.raises(InputError, match="activate must be true or false"):
        bind("session_mode_silent", chat_id=1, activate=value)


@pytest.mark.parametrize("value", [0, 6, -1, "6", "0", 4.6, "five", True, [], 10**20])
def test_a_rating_is_one_to_five(value: object) -> None:
    with pytest.raises(InputError, match="rating must be a whole number from 1 to 5"):
        bind("session_head_vote", session_id=1, rating=value)


@pytest.mark.parametrize("value", [1, "5", 3.0])
def test_ratings_are_understood(value: object) -> None:
    assert 1 <= int(str(bind("session_head_vote", session_id=1, rating=value)["rating"])) <= 5


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "must not be empty"),
        ("  \n", "must not be empty"),
        ("0", "just 0"),
        (" 0 ", "just 0"),
        (5, "must be text"),
        ("x" * 10_001, "longer than 10000"),
    ],
)
def test_comments_that_the_portal_would_lose_are_refused(value: object, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        bind("session_head_vote", session_id=1, comment=value)


@pytest.mark.parametrize("value", [0, -1, 1001, "many", True])
def test_a_limit_has_bounds(value: object) -> None:
    with pytest.raises(InputError, match="limit must be a whole number from 1 to 1000"):
        bind("session_history_get", chat_id=1, limit=value)


@given(
    st.sampled_from(sorted(TOOLS)), st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), VALUES, max_size=6)
)
def test_arguments_are_bound_or_refused_in_one_line(name: str, given_arguments: dict[str, object]) -> None:
    declared: AnyTool = TOOLS[name]
    try:
        bound = declared.parameters.bind(given_arguments)
    except InputError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 2_000
    else:
        assert set(bound) <= set(declared.parameters.input_schema()["properties"])
