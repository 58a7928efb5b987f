"""Transferring a dialog: to whom it goes, to whom it must not go, and what is told of it."""

import pytest

from bitrix24_dialogs.portal.entities import User
from tests.tools.passing_on import CARD, TRANSFER, operators, stale_card

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("to", ["8", 8, "Daniel Weiss", "weiss  daniel", "Daniel Wei"])
@pytest.mark.parametrize("key", ["mine", "waiting"])
async def test_transferring_to_a_colleague(key: str, to: object) -> None:
    async with operators() as desk:
        told = await desk.call("dialog_transfer", chat_id=desk.id(key), to_colleague=to)
        assert (told["outcome"], told["changed"], told["verified"]) == ("transferred", True, True)
        assert told["operator"] == {"id": desk.user("second"), "name": "Daniel Weiss"}
        assert (told["taken_from"] or {}).get("id") == (desk.user("operator") if key == "mine" else None)
        assert told["session_id"] == desk.session_id(key)
        assert desk.portal.calls.executed(TRANSFER) == 1
        assert len([method for method in desk.calls if method != "profile"]) == 4


async def test_transferring_a_colleagues_dialog() -> None:
    async with operators("supervisor") as desk:
        told = await desk.call("dialog_transfer", chat_id=desk.id("colleagues"), to_colleague="Maria Novak")
        assert (told["outcome"], told["taken_from"]["id"]) == ("transferred", desk.user("second"))


async def test_a_name_that_fits_several_is_refused_with_the_candidates() -> None:
    async with operators() as desk:
        text = await desk.refused("dialog_transfer", chat_id=desk.id("mine"), to_colleague="Daniel")
        assert "fits 2 employees" in text
        assert '(untrusted): "8 Daniel Weiss, 14 Daniel Weber"' in text
        assert "colleague_find" in text


async def test_a_name_that_fits_more_than_a_page_is_never_taken_for_unique() -> None:
    async with operators() as desk:
        desk.portal.state.users |= {number: User(number, "Anna", "Berger") for number in range(600, 660)}
        text = await desk.refused("dialog_transfer", chat_id=desk.id("mine"), to_colleague="Anna Berg")
        assert "fits 61 employees" in text
        assert '"11 Anna Berg"' in text


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("Nobody", "No employee has a name"),
        ("13", "no employee 13"),
        ("Viktor Lang", "No employee has a name"),
        ("501", "no employee 501"),
        ("90", "no employee 90"),
    ],
)
async def test_who_cannot_take_a_dialog_gets_none(to: str, expected: str) -> None:
    async with operators() as desk:
        desk.portal.state.users[90] = User(90, "Robot", kind="bot")
        text = await desk.refused("dialog_transfer", chat_id=desk.id("mine"), to_colleague=to)
        assert expected in text
        assert "Nothing was changed." in text


@pytest.mark.parametrize("to", ["Head", "Support agent", "Accountant"])
async def test_a_position_is_no_name_even_if_only_one_has_it(to: str) -> None:
    async with operators() as desk:
        text = await desk.refused("dialog_transfer", chat_id=desk.id("mine"), to_colleague=to, even_if_absent=True)
        assert "No employee has a name that begins so" in text
        assert "colleague_find" in text


async def test_a_name_that_is_anothers_position_leads_to_who_is_called_so() -> None:
    async with operators() as desk:
        desk.portal.employee("supervisor").position = "Weiss's deputy"
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), to_colleague="weiss")
        assert (told["outcome"], told["operator"]["id"]) == ("transferred", 8)


async def test_extranet_users_are_known_where_the_scope_shows_them() -> None:
    async with operators() as desk:
        desk.portal.state.webhooks[desk.user("operator")].scopes = ["imopenlines", "user"]
        assert "no employee 12" in await desk.refused("dialog_transfer", chat_id=desk.id("mine"), to_colleague="12")


@pytest.mark.parametrize("to", ["7", "Maria Novak"])
async def test_nobody_transfers_to_oneself(to: str) -> None:
    async with operators() as desk:
        text = await desk.refused("dialog_transfer", chat_id=desk.id("colleagues"), to_colleague=to)
        assert "to yourself" in text
        assert "session_intercept" in text
        assert desk.calls == ([] if to == "7" else [CARD, "user.search"])


async def test_an_absent_colleague_gets_a_dialog_only_on_purpose() -> None:
    async with operators() as desk:
        text = await desk.refused("dialog_transfer", chat_id=desk.id("mine"), to_colleague="Daniel Weber")
        assert "Colleague 14 is not online" in text
        assert "even_if_absent" in text
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), to_colleague="14", even_if_absent=True)
        assert (told["outcome"], told["operator"]["id"]) == ("transferred", 14)
        assert "not online" in told["why"]


async def test_transferring_to_a_line() -> None:
    async with operators() as desk:
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), to_line=22)
        assert (told["outcome"], told["changed"], told["state"]) == ("queued", True, "waiting")
        assert (told["line_id"], told["taken_from"]["id"], told["operator"]) == (22, desk.user("operator"), None)
        again = await desk.call("dialog_transfer", chat_id=desk.id("mine"), to_line=22)
        assert (again["outcome"], again["changed"]) == ("unchanged", False)
        assert desk.portal.calls.executed(TRANSFER) == 1


async def test_returning_a_dialog_to_its_own_lines_queue() -> None:
    async with operators() as desk:
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), to_line=24)
        assert (told["outcome"], told["state"], told["line_id"]) == ("queued", "waiting", 24)


@pytest.mark.parametrize(
    ("line", "values", "expected"),
    [
        (99, {}, "no line 99"),
        (23, {"active": False}, "switched off"),
        (23, {"queue": []}, "Nobody is in the queue"),
        (23, {"queue": [14]}, "Nobody in line 23 is online"),
    ],
)
async def test_a_line_where_nobody_would_answer_gets_no_dialog(
    line: int, values: dict[str, object], expected: str
) -> None:
    async with operators() as desk:
        if values:
            desk.act("change_line", line=line, **values)
        assert expected in await desk.refused("dialog_transfer", chat_id=desk.id("mine"), to_line=line)


async def test_a_line_out_of_reach_gets_no_dialog() -> None:
    async with operators(lines=(24,)) as desk:
        text = await desk.refused("dialog_transfer", chat_id=desk.id("mine"), to_line=22)
        assert "BITRIX24_LINES" in text
        assert desk.calls == []


async def test_a_closed_dialog_is_not_transferred_since_the_call_would_open_a_session() -> None:
    async with operators() as desk:
        before = desk.session_id("closed")
        text = await desk.refused("dialog_transfer", chat_id=desk.id("closed"), to_colleague="8")
        assert "would open a new session" in text
        assert desk.session_id("closed") == before


async def test_who_has_the_dialog_already_is_not_asked_for_again() -> None:
    async with operators() as desk:
        told = await desk.call("dialog_transfer", chat_id=desk.id("colleagues"), to_colleague="8")
        assert (told["outcome"], told["changed"]) == ("unchanged", False)
        assert desk.calls == [CARD]


async def test_a_refused_transfer_is_explained_from_the_state_then() -> None:
    async with operators() as desk:
        desk.act("hold_lock", chat="mine", lock="queue")
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), to_colleague="8")
        assert told.is_error
        assert "OPERATOR_WRONG" in told.text
        assert "redistributed" in told.text
        assert "Nothing was changed." in told.text


async def test_a_transfer_that_the_portal_refused_too_late_is_not_told_as_nothing() -> None:
    async with operators() as desk:
        stale_card(desk, "mine")
        desk.act("operator_finishes", who="operator", chat="mine")
        desk.act("hold_lock", chat="mine", lock="queue")
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), to_colleague="8")
        assert told.is_error
        assert "closed meanwhile" in told.text
        assert "may have happened" in told.text


async def test_a_dialog_that_went_elsewhere_is_told() -> None:
    async with operators() as desk:
        desk.act("hold_lock", chat="mine", lock="accept")
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), to_colleague="8")
        assert (told["outcome"], told["changed"], told["state"]) == ("other", True, "waiting")
        assert "not where it was sent" in told["why"]


async def test_a_dialog_that_left_ones_sight_is_told_as_not_confirmed() -> None:
    async with operators() as desk:
        desk.portal.state.lines[24].queue = [desk.user("second")]
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), to_colleague="8")
        assert (told["outcome"], told["changed"], told["verified"]) == ("sent", None, False)
        assert "no longer shows you the dialog" in told["why"]


@pytest.mark.parametrize("targets", [{}, {"to_colleague": "8", "to_line": 22}])
async def test_exactly_one_target_is_taken(targets: dict[str, object]) -> None:
    async with operators() as desk:
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), **targets)
        assert told.is_error
        assert "exactly one of to_colleague, to_line" in told.text
        assert desk.calls == []


@pytest.mark.parametrize("to", ["", "  ", 0, -3, True, 1.5, [8], "x" * 101, 2**70])
async def test_bad_colleagues_never_reach_the_portal(to: object) -> None:
    async with operators() as desk:
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), to_colleague=to)
        assert told.is_error
        assert "to_colleague" in told.text
        assert desk.calls == []


async def test_the_scope_that_is_missing_is_named() -> None:
    async with operators() as desk:
        desk.portal.state.webhooks[desk.user("operator")].scopes = ["imopenlines"]
        text = await desk.refused("dialog_transfer", chat_id=desk.id("mine"), to_colleague="8")
        assert "user_brief" in text
        assert "Nothing was changed." in text


async def test_a_refusal_that_cannot_be_looked_into_says_what_to_check() -> None:
    async with operators() as desk:
        desk.act("hold_lock", chat="mine", lock="queue")
        desk.fault(method=CARD, skip=1, count=-1, error="INTERNAL_SERVER_ERROR", status=500)
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), to_colleague="8")
        assert told.is_error
        assert "The portal refused the transfer" in told.text
        assert "may have happened" in told.text


async def test_another_refusal_is_told_as_it_is() -> None:
    async with operators() as desk:
        desk.fault(method=TRANSFER, error="USER_ID_EMPTY", status=400)
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), to_colleague="8")
        assert told.is_error
        assert "USER_ID_EMPTY" in told.text
