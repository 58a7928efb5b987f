"""What a change leaves in the audit file: two lines, numbers only; and what leaves none."""

import re
from pathlib import Path

import pytest

from tests.audit.lines import ends_of, lines_of, mode, pair_of, raw
from tests.gateway.clocks import JumpingClock
from tests.support import case

pytestmark = pytest.mark.anyio

JOIN = "imopenlines.session.join"
VOTE = "imopenlines.session.head.vote"
SEND = "im.message.add"


async def test_a_change_is_announced_and_told(file: Path) -> None:
    async with case("supervisor", audit_file=file) as desk:
        chat_id = desk.id("colleagues")
        told = await desk.call("session_join", chat_id=f"chat{chat_id}")
        assert told["changed"] is True
        intent, outcome = pair_of(file)
    common = {"tool": "session_join", "method": JOIN, "ids": {"chat_id": chat_id}, "caller": "local"}
    assert intent == {"time": intent["time"], "event": "intent", "id": intent["id"], **common}
    assert outcome == {**intent, "time": outcome["time"], "event": "outcome", "outcome": "answered", "changed": True}
    for line in (intent, outcome):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert intent["time"] <= outcome["time"]
    assert mode(file) == 0o600


async def test_what_changed_nothing_says_so(file: Path) -> None:
    async with case("supervisor", audit_file=file, verify=False) as desk:
        told = await desk.call("session_mode_unpin_all")
        assert told["changed"] is False
    intent, outcome = pair_of(file)
    assert (outcome["outcome"], outcome["changed"]) == ("answered", False)
    assert intent["ids"] == {}


async def test_what_was_not_read_back_is_unknown(file: Path) -> None:
    async with case("supervisor", audit_file=file, verify=False) as desk:
        await desk.call("session_join", chat_id=desk.id("colleagues"))
    assert ends_of(file) == [("session_join", "answered", "unknown")]


async def test_the_number_of_whoever_gets_a_dialog_is_told_but_not_their_name(file: Path) -> None:
    async with case("operator", audit_file=file, toolsets=("all",)) as desk:
        told = await desk.call("dialog_transfer", chat_id=desk.id("mine"), to_colleague="weiss")
        assert told["changed"] is True
    intent, _ = pair_of(file)
    assert intent["ids"] == {"chat_id": desk.id("mine"), "user_id": desk.user("second")}
    assert b"eiss" not in raw(file)


async def test_reads_leave_no_line(file: Path) -> None:
    async with case("supervisor", audit_file=file, toolsets=("all",)) as desk:
        for tool in ("dialog_get", "session_history_get", "crm_card_get"):
            assert not (await desk.call(tool, chat_id=desk.id("in_crm"))).is_error
        await desk.call("dialogs_list")
        await desk.call("reply_draft", chat_id=desk.id("mine"), text="Hello")
    assert lines_of(file) == []


async def test_what_is_refused_before_sending_leaves_no_line(file: Path) -> None:
    async with case("operator", audit_file=file, toolsets=("all",)) as desk:
        await desk.refused("session_mode_pin", chat_id=desk.id("closed"))
        await desk.refused("session_join", chat_id="no chat")
        await desk.refused("session_join", chat_id=999_999)
        await desk.refused("reply_send", chat_id=desk.id("closed"), text="Hello")
        assert (await desk.call("session_join", chat_id=desk.id("mine")))["changed"] is False
    assert lines_of(file) == []


async def test_what_nobody_has_confirmed_is_not_announced(file: Path) -> None:
    async with case("supervisor", audit_file=file, confirm="writes") as desk:
        assert "BITRIX24_CONFIRM" in await desk.refused("session_join", chat_id=desk.id("colleagues"))
    assert lines_of(file) == []


async def test_a_server_without_a_webhook_announces_nothing(file: Path) -> None:
    async with case(audit_file=file, webhook_url=None, verify=False) as desk:
        assert "BITRIX24_WEBHOOK_URL" in await desk.refused("session_join", chat_id=1)
    assert lines_of(file) == []


async def test_no_words_are_in_the_file(file: Path) -> None:
    words = "Confidential remark 4815162342"
    async with case("operator", audit_file=file, toolsets=("all",)) as desk:
        portal = desk.portal
        lead_id = portal.flags(portal.state.chats[desk.id("in_crm")]).crm_id
        for tool, arguments in (
            ("reply_send", {"chat_id": desk.id("mine"), "text": words}),
            ("reply_send", {"chat_id": desk.id("mine"), "text": "4815162342"}),
            ("note_add", {"chat_id": desk.id("mine"), "text": words}),
            (
                "crm_lead_update",
                {"chat_id": desk.id("in_crm"), "lead_id": lead_id, "title": words, "comments": words}
                | {"phone": "+1 303 555 0199", "email": "confidential@client.example"},
            ),
        ):
            told = await desk.call(tool, **arguments)
            assert told["changed"] is True, told.text
    async with case("supervisor", audit_file=file, portal=portal) as desk:
        told = await desk.call("session_head_vote", session_id=desk.session_id("closed"), rating=4, comment=words)
        assert told["changed"] is True
    assert len(ends_of(file)) == 5
    assert lines_of(file)[-1]["ids"] == {"session_id": desk.session_id("closed"), "rating": 4}
    written = re.sub(rb'"(time|id)":"[^"]*"', b"", raw(file)).lower()
    for word in (b"confidential", b"remark", b"4815162342", b"303", b"0199"):
        assert word not in written
    for chat in portal.state.chats.values():
        assert not chat.entity_id or chat.entity_id.encode() not in written


async def test_a_refusal_of_the_portal_is_told(file: Path) -> None:
    async with case("operator", audit_file=file) as desk:
        desk.fault(method=JOIN, status=400, error="ACCESS_DENIED")
        assert (await desk.call("session_join", chat_id=desk.id("colleagues"))).is_error
    assert ends_of(file) == [("session_join", "refused", False)]


async def test_a_refusal_that_may_have_done_something_is_unknown_in_effect(file: Path) -> None:
    async with case("operator", audit_file=file) as desk:
        desk.fault(method=JOIN, status=400, error="SOMETHING_NEW")
        assert (await desk.call("session_join", chat_id=desk.id("colleagues"))).is_error
    assert ends_of(file) == [("session_join", "refused", "unknown")]


async def test_what_did_not_get_as_far_as_the_method_has_failed(file: Path) -> None:
    async with case("operator", audit_file=file) as desk:
        desk.fault(method=JOIN, status=401, error="expired_token")
        assert (await desk.call("session_join", chat_id=desk.id("colleagues"))).is_error
    assert ends_of(file) == [("session_join", "failed", False)]


async def test_a_change_that_the_portal_had_not_let_in_at_first_has_one_pair(file: Path) -> None:
    async with case("operator", audit_file=file, clock=JumpingClock()) as desk:
        desk.fault(method=JOIN, status=503, error="QUERY_LIMIT_EXCEEDED", count=1)
        assert (await desk.call("session_join", chat_id=desk.id("colleagues")))["changed"] is True
        assert len(desk.portal.calls.of(JOIN)) == 2
    assert ends_of(file) == [("session_join", "answered", True)]
    assert len(lines_of(file)) == 2


@pytest.mark.parametrize("phase", ["before", "after"])
async def test_a_lost_answer_is_unknown(phase: str, file: Path) -> None:
    async with case("supervisor", audit_file=file) as desk:
        desk.fault(method=VOTE, kind="drop", phase=phase)
        assert (await desk.call("session_head_vote", session_id=desk.session_id("closed"), rating=5)).is_error
    assert ends_of(file) == [("session_head_vote", "unknown", "unknown")]


async def test_a_lost_answer_whose_effect_was_read_is_found(file: Path) -> None:
    async with case("operator", audit_file=file, toolsets=("all",)) as desk:
        desk.fault(method=SEND, kind="drop", phase="after")
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert told["changed"] is True
    assert ends_of(file) == [("reply_send", "found", True)]
