"""What changes on the portal between the read and the act: nothing is done twice, and what is told is what came of it."""

from typing import Any

import pytest

from bitrix24_dialogs.portal.entities import Status
from tests.support import Case, case
from tests.tools.passing_on import ANOTHER, CARD, FINISH, SKIP, SPAM, TRANSFER

pytestmark = pytest.mark.anyio

ANSWER = "imopenlines.operator.answer"
ADD = "im.message.add"
ALL = {"toolsets": ("default", "reply", "operators")}


def sent(desk: Case) -> list[str]:
    return [message.text for message in desk.portal.outbox if message.id > 85_540]


def meanwhile(desk: Case, method: str, action: str, key: str = "mine", **arguments: Any) -> None:
    """Let something happen to a dialog once the tool has read it, and before its call runs."""
    desk.fault(kind="delay", method=method, meanwhile={"action": action, "chat": key, **arguments})


# a colleague is faster


async def test_older_portals_take_a_dialog_away_from_who_was_faster_and_it_is_yours_then() -> None:
    async with case(**ALL) as desk:
        meanwhile(desk, ANSWER, "operator_answers", "waiting", who="second")
        told = await desk.call("dialog_answer", chat_id=desk.id("waiting"))
        assert (told["outcome"], told["operator_id"]) == ("accepted", desk.portal.state.chats[desk.id("waiting")].owner)


async def test_a_dialog_that_changed_hands_and_comes_back_is_not_called_handed_on() -> None:
    async with case(**ALL) as desk:
        meanwhile(desk, SKIP, "operator_answers", "pinned", who="second")
        told = await desk.call("dialog_skip", chat_id=desk.id("pinned"))
        assert (told["outcome"], told["changed"], told["state"]) == ("unconfirmed", True, "waiting")
        assert "a colleague had taken it meanwhile" in told["why"]
        assert "dialog_transfer" in told["next"]
        assert desk.writes == [SKIP]


async def test_a_dialog_that_changed_hands_is_transferred_from_there() -> None:
    async with case(**ALL) as desk:
        meanwhile(desk, TRANSFER, "operator_answers", who="supervisor")
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), to_colleague="8")
        assert (told["outcome"], told["operator"]["id"]) == ("transferred", desk.user("second"))
        assert desk.portal.state.chats[desk.id("mine")].owner == desk.user("second")


async def test_the_colleague_who_was_to_get_it_took_it_meanwhile() -> None:
    async with case(**ALL) as desk:
        meanwhile(desk, TRANSFER, "operator_answers", who="second")
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), to_colleague="8")
        assert not told.is_error
        assert told["operator"]["id"] == desk.user("second")


async def test_a_dialog_taken_by_another_is_not_finished() -> None:
    async with case(**ALL) as desk:
        meanwhile(desk, FINISH, "operator_answers", who="second")
        told = await desk.call("dialog_finish", chat_id=desk.id("mine"))
        assert told.is_error
        assert "By now user 8 is the dialog's operator" in told.text
        assert "dialog_finish_other" in told.text
        assert desk.portal.sessions_of(desk.id("mine"))[-1].status < Status.CLOSE


async def test_nothing_goes_to_the_client_of_a_dialog_taken_by_another() -> None:
    async with case(**ALL) as desk:
        meanwhile(desk, ADD, "operator_answers", who="second")
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert told.is_error
        assert "dialog_get shows who has it" in told.text
        assert sent(desk) == []


# it is closed


async def test_a_reply_to_a_dialog_that_was_closed_opens_no_session() -> None:
    async with case(**ALL) as desk:
        sessions = len(desk.portal.state.sessions)
        meanwhile(desk, ADD, "operator_finishes", who="second")
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert told.is_error
        assert "closed" in told.text
        assert (sent(desk), len(desk.portal.state.sessions)) == ([], sessions)


@pytest.mark.parametrize("target", [{"to_colleague": "8"}, {"to_line": 22}])
async def test_a_transfer_that_opened_a_session_says_so(target: dict[str, Any]) -> None:
    async with case(**ALL) as desk:
        before = desk.session_id("mine")
        meanwhile(desk, TRANSFER, "operator_finishes", who="second")
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), **target)
        after = desk.session_id("mine")
        assert after != before
        assert (told["changed"], told["session_id"]) == (True, after)
        assert "had been closed meanwhile" in told["why"]
        assert f"session {after}" in told["why"]
        assert "dialog_finish_other" in told["next"]


@pytest.mark.parametrize(("tool", "method"), [("dialog_finish", FINISH), ("dialog_finish_other", ANOTHER)])
async def test_a_dialog_that_was_closed_is_not_finished_again(tool: str, method: str) -> None:
    key = "mine" if tool == "dialog_finish" else "colleagues"
    async with case("operator" if tool == "dialog_finish" else "supervisor", **ALL) as desk:
        meanwhile(desk, method, "operator_finishes", key, who="second")
        told = await desk.call(tool, chat_id=desk.id(key))
        assert told.is_error
        assert "no open session any more" in told.text
        assert "Nothing was changed." in told.text


async def test_a_dialog_that_was_closed_is_not_called_spam_by_this_call() -> None:
    async with case(**ALL) as desk:
        meanwhile(desk, SPAM, "operator_finishes", who="second")
        told = await desk.call("dialog_mark_spam", chat_id=desk.id("mine"))
        assert desk.portal.sessions_of(desk.id("mine"))[-1].status == Status.CLOSE
        assert told["state"] == "closed"
        assert "may have been closed by somebody else" in told["why"]


# the client writes


async def test_a_client_who_writes_while_an_answer_is_sent_is_told_and_gets_one_answer() -> None:
    async with case(**ALL) as desk:
        meanwhile(desk, ADD, "client_writes", text="Wait!")
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Done.")
        assert (told["outcome"], told["client_wrote"], told["visible_to_client"]) == ("sent", True, "yes")
        again = await desk.call("reply_send", chat_id=desk.id("mine"), text="Done.")
        assert (again["outcome"], again["message_id"]) == ("already_sent", told["message_id"])
        assert sent(desk) == ["Done."]


async def test_a_client_who_writes_while_the_dialog_is_being_closed_keeps_it_open_and_that_is_told() -> None:
    async with case(**ALL) as desk:
        meanwhile(desk, FINISH, "client_writes", "closing", text="One more thing")
        told = await desk.call("dialog_finish", chat_id=desk.id("closing"))
        assert desk.portal.sessions_of(desk.id("closing"))[-1].status == Status.WAIT_CLIENT
        assert (told["outcome"], told["changed"]) == ("closing", True)
        assert "written meanwhile" in told["why"]


async def test_a_busy_queue_leaves_a_dialog_that_is_being_closed_as_it_is() -> None:
    async with case(**ALL) as desk:
        desk.act("hold_lock", chat="closing", lock="queue")
        told = await desk.call("dialog_finish", chat_id=desk.id("closing"))
        assert (told["outcome"], told["changed"]) == ("unchanged", False)
        assert "busy" in told["why"]


# who is to get it


@pytest.mark.parametrize(
    ("target", "change", "expected"),
    [
        ({"to_colleague": "8"}, {"action": "dismiss_employee", "who": "second"}, "does not give the target"),
        ({"to_line": 22}, {"action": "change_line", "line": 22, "active": False}, "does not give the target"),
        ({"to_line": 22}, {"action": "delete_line", "line": 22}, "does not give the target"),
    ],
)
async def test_a_target_that_goes_away_meanwhile_gets_nothing(
    target: dict[str, Any], change: dict[str, Any], expected: str
) -> None:
    async with case(**ALL) as desk:
        desk.fault(kind="delay", method=TRANSFER, meanwhile=change)
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), **target)
        assert told.is_error
        assert expected in told.text
        assert "Nothing was changed." in told.text
        assert desk.portal.state.chats[desk.id("mine")].owner == desk.user("operator")


async def test_a_card_that_is_read_before_and_after_is_all_that_is_asked() -> None:
    async with case(**ALL) as desk:
        await desk.call("dialog_answer", chat_id=desk.id("waiting"))
        assert desk.calls == [CARD, "profile", ANSWER, CARD]
