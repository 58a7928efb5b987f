"""The strings in which a chat keeps its dialog's state."""

import pytest

from bitrix24_dialogs.dialogs.card import dialog_state
from bitrix24_dialogs.dialogs.entity_data import CrmItem, parse_crm_items, parse_entity_data


def test_all_positions_are_read() -> None:
    data = parse_entity_data("Y|LEAD|1209|Y|Y|343|1773682918|24|0|0")
    assert (data.crm_saved, data.pinned, data.closing) == (True, True, True)
    assert (data.session_id, data.session_started, data.moved_to_line) == (343, 1773682918, 24)


@pytest.mark.parametrize(
    "text", ["", "N", "N|NONE", "N|NONE|0|N|N", "||||||||||", "Y|LEAD|x|Q|N|abc|now|-|0|0|more|more"]
)
def test_missing_and_odd_positions_read_as_nothing(text: str) -> None:
    data = parse_entity_data(text)
    assert (data.pinned, data.session_id, data.session_started, data.moved_to_line) == (False, 0, 0, 0)


def test_crm_items_are_read_as_pairs_in_any_order() -> None:
    assert parse_crm_items("DEAL|7|LEAD|0|CONTACT|5|COMPANY|0") == (CrmItem("DEAL", 7), CrmItem("CONTACT", 5))


@pytest.mark.parametrize("text", ["", "LEAD", "LEAD|", "LEAD|0|COMPANY|0|CONTACT|0|DEAL|0", "OTHER|5", "LEAD|x"])
def test_no_crm_items_where_there_are_none(text: str) -> None:
    assert parse_crm_items(text) == ()


@pytest.mark.parametrize(
    ("owner", "session_id", "state"), [(0, 0, "closed"), (7, 0, "closed"), (0, 343, "waiting"), (7, 343, "open")]
)
def test_the_state_follows_from_owner_and_session(owner: int, session_id: int, state: str) -> None:
    assert dialog_state(owner, session_id) == state
