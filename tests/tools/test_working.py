"""Who works on a dialog: the tools tell what reading back shows, not what the portal says."""

import pytest

from tests.support import case

pytestmark = pytest.mark.anyio


# session_start


async def test_starting_in_a_closed_dialog_opens_a_session() -> None:
    async with case() as desk:
        before = desk.session_id("closed")
        told = await desk.call("session_start", chat_id=desk.id("closed"))
        assert (told["outcome"], told["changed"], told["verified"]) == ("new_session", True, True)
        assert told["session_id"] == desk.session_id("closed") > before
        assert (told["your_role"], told["operator_id"]) == ("operator", desk.user("operator"))
        assert desk.calls == [
            "imopenlines.dialog.get",
            "profile",
            "imopenlines.session.start",
            "imopenlines.dialog.get",
        ]


async def test_starting_an_unassigned_dialog_accepts_it() -> None:
    async with case() as desk:
        told = await desk.call("session_start", chat_id=desk.id("waiting_all"))
        assert (told["outcome"], told["changed"], told["state"]) == ("accepted", True, "open")


async def test_starting_a_colleagues_dialog_only_joins() -> None:
    async with case() as desk:
        told = await desk.call("session_start", chat_id=desk.id("colleagues"))
        assert (told["outcome"], told["changed"], told["your_role"]) == ("joined", True, "participant")
        assert told["operator_id"] == desk.user("second")
        assert "session_intercept" in told["next"]
        again = await desk.call("session_start", chat_id=desk.id("colleagues"))
        assert (again["outcome"], again["changed"]) == ("unchanged", False)
        assert desk.portal.calls.executed("imopenlines.session.start") == 1


async def test_starting_ones_own_dialog_sends_nothing() -> None:
    async with case() as desk:
        told = await desk.call("session_start", chat_id=desk.id("mine"))
        assert (told["outcome"], told["changed"]) == ("unchanged", False)
        assert "already its operator" in told["why"]
        assert desk.writes == []


# message_session_start


async def test_forking_tells_the_old_and_the_new_session() -> None:
    async with case() as desk:
        chat_id, before = desk.id("mine"), desk.session_id("mine")
        history = await desk.call("session_history_get", chat_id=chat_id)
        message_id = next(message["id"] for message in history["messages"] if message["role"] == "client")
        desk.portal.calls.clear()
        told = await desk.call("message_session_start", chat_id=chat_id, message_id=message_id)
        assert (told["outcome"], told["changed"]) == ("forked", True)
        assert (told["previous_session_id"], told["session_id"]) == (before, desk.session_id("mine"))
        assert told["session_id"] > before
        assert len([method for method in desk.calls if method != "profile"]) <= 3


async def test_a_message_of_another_dialog_forks_nothing_and_is_not_sent() -> None:
    async with case() as desk:
        foreign = max(
            message.id for message in desk.portal.state.messages.values() if message.chat_id != desk.id("mine")
        )
        text = await desk.refused("message_session_start", chat_id=desk.id("mine"), message_id=max(foreign, 10**9))
        assert "does not belong" in text
        assert "session_history_get" in text


async def test_an_old_message_of_a_closed_dialog_is_refused_since_the_call_would_open_a_session() -> None:
    async with case("supervisor") as desk:
        text = await desk.refused("message_session_start", chat_id=desk.id("closed_history"), message_id=1)
        assert "would open a session" in text


async def test_an_unknown_old_message_of_an_open_dialog_is_tried_and_the_truth_is_told() -> None:
    async with case() as desk:
        before = desk.session_id("mine")
        told = await desk.call("message_session_start", chat_id=desk.id("mine"), message_id=1)
        assert (told["outcome"], told["changed"]) == ("unchanged", False)
        assert told["session_id"] == before == desk.session_id("mine")


# session_join


async def test_joining_adds_a_participant_once() -> None:
    async with case() as desk:
        told = await desk.call("session_join", chat_id=desk.id("colleagues"))
        assert (told["outcome"], told["changed"], told["your_role"]) == ("joined", True, "participant")
        assert len([method for method in desk.calls if method != "profile"]) == 3
        again = await desk.call("session_join", chat_id=desk.id("colleagues"))
        assert (again["outcome"], again["changed"]) == ("unchanged", False)
        assert "already" in again["why"]
        assert desk.portal.calls.executed("imopenlines.session.join") == 1


async def test_a_join_that_the_portal_passes_over_is_told() -> None:
    async with case() as desk:
        desk.portal.employees["operator"].active = False
        told = await desk.call("session_join", chat_id=desk.id("colleagues"))
        # An inactive employee's webhook acts as nobody, so the write is not even sent.
        assert told.is_error or told["changed"] is False


# session_intercept


async def test_taking_over_tells_from_whom() -> None:
    async with case() as desk:
        told = await desk.call("session_intercept", chat_id=desk.id("colleagues"))
        assert (told["outcome"], told["changed"]) == ("taken_over", True)
        assert told["taken_from"]["id"] == desk.user("second")
        assert told["operator_id"] == desk.user("operator")


@pytest.mark.parametrize(
    ("key", "why", "advice"),
    [
        ("waiting", "Nobody has accepted", "dialog_answer"),
        ("waiting_all", "Nobody has accepted", "dialog_answer"),
        ("closed", "closed", "session_start"),
        ("mine", "already its operator", None),
    ],
)
async def test_where_there_is_nothing_to_take_no_call_is_made(key: str, why: str, advice: str | None) -> None:
    async with case() as desk:
        told = await desk.call("session_intercept", chat_id=desk.id(key))
        assert (told["outcome"], told["changed"]) == ("unchanged", False)
        assert why in told["why"]
        assert (advice in told["next"]) if advice else told["next"] is None
        assert desk.writes == []


async def test_somebody_faster_is_told() -> None:
    async with case() as desk:
        # The portal says true and does nothing when the dialog has meanwhile been closed.
        desk.fault(method="imopenlines.session.intercept", status=200, body='{"result": true, "time": {}}')
        told = await desk.call("session_intercept", chat_id=desk.id("colleagues"))
        assert (told["outcome"], told["changed"], told["verified"]) == ("unchanged", False, True)
        assert "changed nothing" in told["why"]


# for all of them


@pytest.mark.parametrize(
    "tool", ["session_start", "session_join", "session_intercept", "crm_lead_create", "session_mode_pin"]
)
async def test_foreign_and_unknown_chats_are_refused(tool: str) -> None:
    async with case("outsider") as desk:
        for chat_id in (desk.id("mine"), desk.id("ordinary_chat"), 999_999):
            text = await desk.refused(tool, chat_id=chat_id)
            assert "does not tell the two apart" in text
            assert "Nothing was changed." in text


@pytest.mark.parametrize(
    "tool", ["session_start", "session_join", "session_intercept", "crm_lead_create", "session_mode_pin"]
)
@pytest.mark.parametrize("chat_id", [0, -5, "", "abc", None, 2**70, [1], True])
async def test_bad_chat_numbers_never_reach_the_portal(tool: str, chat_id: object) -> None:
    async with case() as desk:
        told = await desk.call(tool, chat_id=chat_id)
        assert told.is_error
        assert "chat_id" in told.text
        assert desk.calls == []


async def test_a_change_whose_reading_back_fails_is_not_confirmed() -> None:
    async with case() as desk:
        desk.fault(method="imopenlines.dialog.get", skip=1, count=-1, error="ACCESS_ERROR", status=400)
        told = await desk.call("session_join", chat_id=desk.id("colleagues"))
        assert not told.is_error
        assert (told["outcome"], told["verified"]) == ("sent", False)
        assert "not confirmed" in told["why"]
        assert "dialog_get" in told["next"]


async def test_without_verification_nothing_is_read_and_that_is_said() -> None:
    async with case(verify=False) as desk:
        told = await desk.call("session_join", chat_id=desk.id("colleagues"))
        assert (told["outcome"], told["verified"]) == ("sent", False)
        assert "BITRIX24_VERIFY" in told["why"]
        assert desk.calls == ["profile", "imopenlines.session.join"]


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize(
    ("tool", "extra"),
    [
        ("session_start", {}),
        ("message_session_start", {"message_id": 1}),
        ("session_join", {}),
        ("session_intercept", {}),
        ("session_mode_pin", {}),
        ("session_mode_silent", {"activate": True}),
        ("crm_lead_create", {}),
    ],
)
async def test_dialogs_of_other_lines_are_not_written_to(tool: str, extra: dict[str, object], verify: bool) -> None:
    async with case("supervisor", lines=(999,), verify=verify) as desk:
        text = await desk.refused(tool, chat_id=desk.id("colleagues"), **extra)
        assert "BITRIX24_LINES" in text


async def test_a_dismissed_employees_webhook_may_read_but_not_write() -> None:
    async with case() as desk:
        desk.act("dismiss_employee", who="operator")
        told = await desk.call("session_join", chat_id=desk.id("colleagues"))
        assert told.is_error
        assert "dismissed" in told.text
        assert desk.writes == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop", "phase": "after"},
        {"kind": "drop", "phase": "before"},
        {"kind": "answer", "phase": "after", "status": 502, "body": "<html>Bad gateway</html>"},
        {"kind": "answer", "phase": "after", "status": 200, "body": ""},
        {"kind": "answer", "phase": "after", "status": 500, "error": "INTERNAL_SERVER_ERROR"},
    ],
)
async def test_a_write_with_an_unknown_outcome_says_so_and_is_not_repeated(fault: dict[str, object]) -> None:
    async with case() as desk:
        desk.fault(method="imopenlines.session.join", count=-1, **fault)
        told = await desk.call("session_join", chat_id=desk.id("colleagues"))
        assert told.is_error
        assert "may have happened" in told.text
        assert "dialog_get" in told.text
        assert desk.writes == ["imopenlines.session.join"]
