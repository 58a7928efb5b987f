"""Who acts, and accepting a dialog."""

from typing import Any

import pytest

from bitrix24_dialogs.portal import default_portal
from tests.portal.conftest import Desk as PortalDesk
from tests.support import Case, Told, case
from tests.tools.test_inbox import without_scopes
from tests.tools.test_odd_answers import answer_with

pytestmark = pytest.mark.anyio

ANSWER = "imopenlines.operator.answer"


# whoami


async def test_who_acts_is_told_with_one_request() -> None:
    async with case() as desk:
        told = await desk.call("whoami")
        assert (told["user_id"], told["name"], told["admin"]) == (7, "Maria Novak", False)
        assert told["scopes"] == ["crm", "im", "imopenlines", "user_brief"]
        listed = (await desk.call("dialogs_list", limit=50))["dialogs"]
        assert told["load"]["waiting"] == sum(row["state"] == "waiting" for row in listed) == 2
        assert told["load"]["open"] == sum(row.get("operator_id") == 7 for row in listed)
        assert told["load"]["to_answer"] == sum(row["waiting_for"] == "operator" for row in listed)
        assert told["problem"] is None
        outer = [call.method for call in desk.portal.calls.entries if not call.batched]
        assert outer == ["batch", "im.recent.get"]


async def test_the_load_tells_joined_dialogs_apart_and_keeps_to_the_lines() -> None:
    async with case(lines=(24,)) as desk:
        await desk.call("session_join", chat_id=desk.id("colleagues"))
        told = await desk.call("whoami")
        assert told["only_lines"] == [24]
        assert (told["load"]["waiting"], told["load"]["joined"]) == (1, 1)


async def test_every_scope_is_told_however_many_there_are() -> None:
    scopes = [*(f"a{number}" for number in range(100)), "user_brief"]
    async with case(portal=without_scopes(default_portal(), *scopes)) as desk:
        assert (await desk.call("whoami"))["scopes"] == sorted(scopes)


async def test_dialogs_that_could_not_be_read_are_not_passed_over_in_silence() -> None:
    async with case() as desk:
        mine = PortalDesk(desk.portal).ok("operator", "im.recent.get", ONLY_OPENLINES="Y")
        rows = {"user": {"ID": "7"}, "scopes": ["im"], "dialogs": [*mine, {"id": "chat5"}, {"chat": 7}]}
        answer_with(desk, "batch", {"result": rows, "result_error": []})
        told = await desk.call("whoami")
        assert told["load"]["waiting"] == 2
        assert "2 rows could not be understood" in told["load_unknown"]


async def test_an_administrator_is_one() -> None:
    async with case("administrator") as desk:
        assert (await desk.call("whoami"))["admin"] is True


async def test_who_acts_is_known_without_the_messengers_scope() -> None:
    async with case(portal=without_scopes(default_portal(), "imopenlines")) as desk:
        told = await desk.call("whoami")
        assert (told["user_id"], told["scopes"], told["load"]) == (7, ["imopenlines"], None)
        assert "tick the scope im (" in told["load_unknown"]


@pytest.mark.parametrize(("owner", "actor"), [("system", "user 1"), ("nobody", "nobody active")])
async def test_a_dismissed_owner_is_a_problem(owner: Any, actor: str) -> None:
    async with case() as desk:
        desk.act("dismiss_employee", who="operator")
        desk.portal.settings.dismissed_owner = owner
        told = await desk.call("whoami")
        assert "belongs to user 7" in told["problem"]
        assert actor in told["problem"]


@pytest.mark.parametrize(
    "result",
    [
        True,
        [],
        {"result": {}, "result_error": []},
        {"result": {"user": 5, "scopes": []}, "result_error": []},
        {"result": {"user": {"ID": "x"}, "scopes": []}, "result_error": []},
        {"result": {"user": {"ID": 7}}, "result_error": {"scopes": {"error": "INTERNAL_SERVER_ERROR"}}},
    ],
)
async def test_what_is_no_answer_is_nobody(result: Any) -> None:
    async with case() as desk:
        answer_with(desk, "batch", result)
        told = await desk.call("whoami")
        assert told.is_error
        assert "internal error" not in told.text


# dialog_answer


@pytest.mark.parametrize(("who", "key"), [("operator", "waiting"), ("second", "waiting"), ("operator", "waiting_all")])
async def test_a_waiting_dialog_is_accepted(who: str, key: str) -> None:
    async with case(who) as desk:
        told = await desk.call("dialog_answer", chat_id=desk.id(key))
        assert (told["outcome"], told["changed"], told["verified"]) == ("accepted", True, True)
        assert (told["state"], told["your_role"]) == ("open", "operator")
        assert told["operator_id"] == desk.user(who) == desk.portal.state.chats[desk.id(key)].owner
        assert desk.calls == ["imopenlines.dialog.get", "profile", ANSWER, "imopenlines.dialog.get"]
        again = await desk.call("dialog_answer", chat_id=desk.id(key))
        assert (again["outcome"], again["changed"]) == ("unchanged", False)
        assert "already its operator" in again["why"]
        assert desk.portal.calls.executed(ANSWER) == 1


async def test_a_colleagues_dialog_is_not_taken_away() -> None:
    async with case() as desk:
        told = await desk.call("dialog_answer", chat_id=desk.id("colleagues"))
        assert (told["outcome"], told["changed"], told["operator_id"]) == ("taken", False, desk.user("second"))
        assert "session_join" in told["next"]
        assert "session_intercept" in told["next"]
        assert desk.writes == []


async def test_a_closed_dialog_is_refused_with_the_tool_that_helps() -> None:
    async with case() as desk:
        text = await desk.refused("dialog_answer", chat_id=desk.id("closed"))
        assert "session_start" in text
        assert "Nothing was changed" in text


async def accepts_too_late(desk: Case, key: str = "waiting", **meanwhile: Any) -> Told:
    desk.fault(kind="delay", method=ANSWER, meanwhile={"chat": key, **meanwhile})
    return await desk.call("dialog_answer", chat_id=desk.id(key))


async def test_somebody_faster_is_told_on_newer_portals() -> None:
    async with case() as desk:
        desk.portal.settings.answer_conflict = True
        told = await accepts_too_late(desk, action="operator_answers", who="second")
        assert (told["outcome"], told["changed"], told["verified"]) == ("taken", False, True)
        assert told["operator_id"] == desk.user("second")
        assert "meanwhile" in told["why"]
        assert desk.portal.state.chats[desk.id("waiting")].owner == desk.user("second")
        assert desk.calls.count(ANSWER) == 1


async def test_a_portal_that_calls_it_taken_while_it_waits_is_quoted_and_not_contradicted() -> None:
    async with case() as desk:
        desk.fault(method=ANSWER, status=400, error="ANSWER_ALREADY_TAKEN")
        told = await desk.call("dialog_answer", chat_id=desk.id("waiting"))
        assert told.is_error
        assert "ANSWER_ALREADY_TAKEN" in told.text
        assert "without a reason" not in told.text
        assert "dialog_get" in told.text
        assert "Nothing was changed." in told.text


async def test_a_blank_refusal_is_explained_by_the_state_read_afterwards() -> None:
    async with case() as desk:
        mine = await accepts_too_late(desk, action="operator_answers", who="operator")
        assert (mine["outcome"], mine["changed"]) == ("accepted", True)
        assert "elsewhere" in mine["why"]
        closed = await accepts_too_late(desk, "waiting_all", action="operator_finishes", who="second")
        assert closed.is_error
        assert "session_start" in closed.text
    async with case() as desk:
        locked = await accepts_too_late(desk, action="hold_lock", lock="accept")
        assert locked.is_error
        assert "still waits" in locked.text
        assert "Nothing was changed" in locked.text


async def test_a_dialog_that_is_taken_over_at_once_is_not_called_yours() -> None:
    async with case() as desk:
        desk.fault(
            kind="delay",
            method="imopenlines.dialog.get",
            skip=1,
            meanwhile={"action": "operator_answers", "who": "second", "chat": "waiting"},
        )
        told = await desk.call("dialog_answer", chat_id=desk.id("waiting"))
        assert (told["outcome"], told["changed"], told["operator_id"]) == ("taken", False, desk.user("second"))


async def test_an_acceptance_that_does_nothing_is_not_believed() -> None:
    async with case() as desk:
        desk.fault(method=ANSWER, status=200, body='{"result": true}')
        told = await desk.call("dialog_answer", chat_id=desk.id("waiting"))
        assert (told["outcome"], told["changed"], told["state"]) == ("unchanged", False, "waiting")


@pytest.mark.parametrize("verify", [True, False])
async def test_lines_out_of_reach_are_not_answered(verify: bool) -> None:
    async with case(lines=(23,), verify=verify) as desk:
        text = await desk.refused("dialog_answer", chat_id=desk.id("waiting"))
        assert "BITRIX24_LINES" in text


async def test_without_verification_that_is_said() -> None:
    async with case(verify=False) as desk:
        told = await desk.call("dialog_answer", chat_id=desk.id("waiting"))
        assert (told["outcome"], told["verified"]) == ("sent", False)
        assert desk.calls == ["profile", ANSWER]


async def test_a_lost_answer_may_have_happened_and_is_not_repeated() -> None:
    async with case() as desk:
        desk.fault(kind="drop", phase="after", method=ANSWER, count=-1)
        told = await desk.call("dialog_answer", chat_id=desk.id("waiting"))
        assert told.is_error
        assert "may have happened" in told.text
        assert "dialog_get" in told.text
        assert desk.calls.count(ANSWER) == 1


async def test_a_refusal_without_rights_changes_nothing() -> None:
    async with case("outsider") as desk:
        text = await desk.refused("dialog_answer", chat_id=desk.id("waiting"))
        assert "no rights" in text
