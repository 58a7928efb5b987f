"""The supervisor's rating and the CRM items."""

import pytest

from tests.support import case

pytestmark = pytest.mark.anyio


async def test_rating_and_comment_are_stored_and_read_back() -> None:
    async with case("supervisor") as desk:
        session_id = desk.session_id("closed")
        told = await desk.call("session_head_vote", session_id=session_id, rating=4, comment="Well done")
        assert (told["outcome"], told["changed"], told["rating"], told["comment"]) == ("rated", True, 4, "Well done")
        assert len([method for method in desk.calls if method != "profile"]) == 3


async def test_a_rating_alone_keeps_the_stored_comment() -> None:
    async with case("supervisor") as desk:
        session_id = desk.session_id("closed")
        await desk.call("session_head_vote", session_id=session_id, comment="Slow, but [b]kind[/b]")
        told = await desk.call("session_head_vote", session_id=session_id, rating=3)
        assert (told["rating"], told["comment"]) == (3, "Slow, but kind")
        session = desk.portal.state.sessions[session_id]
        assert (session.vote_head, session.comment_head) == (3, "Slow, but [b]kind[/b]")


async def test_a_comment_alone_keeps_the_stored_rating() -> None:
    async with case("supervisor") as desk:
        session_id = desk.session_id("closed")
        await desk.call("session_head_vote", session_id=session_id, rating=2)
        told = await desk.call("session_head_vote", session_id=session_id, comment="Better next time")
        assert (told["rating"], told["comment"]) == (2, "Better next time")
        last = desk.portal.calls.of("imopenlines.session.head.vote")[-1]
        assert "RATING" not in last.params


async def test_the_same_rating_again_sends_nothing() -> None:
    async with case("supervisor") as desk:
        session_id = desk.session_id("closed")
        await desk.call("session_head_vote", session_id=session_id, rating=5, comment="Good")
        for again in ({"rating": 5, "comment": "Good"}, {"rating": 5}, {"comment": "Good"}):
            told = await desk.call("session_head_vote", session_id=session_id, **again)
            assert (told["outcome"], told["changed"]) == ("unchanged", False)
        assert desk.portal.calls.executed("imopenlines.session.head.vote") == 1


async def test_a_rating_alone_without_verification_still_keeps_the_comment() -> None:
    async with case("supervisor", verify=False) as desk:
        session_id = desk.session_id("closed")
        await desk.call("session_head_vote", session_id=session_id, comment="Kind")
        told = await desk.call("session_head_vote", session_id=session_id, rating=3)
        assert (told["outcome"], told["verified"]) == ("sent", False)
        assert desk.portal.state.sessions[session_id].comment_head == "Kind"


async def test_nobody_rates_without_the_right() -> None:
    async with case("operator") as desk:
        text = await desk.refused("session_head_vote", session_id=desk.session_id("mine"), rating=5)
        assert "may not rate" in text
        unknown = await desk.call("session_head_vote", session_id=999_999, rating=5)
        assert unknown.is_error


@pytest.mark.parametrize(
    "arguments", [{}, {"rating": 6}, {"rating": 0}, {"comment": " "}, {"rating": "good"}, {"comment": "x" * 10_001}]
)
async def test_empty_and_odd_votes_never_reach_the_portal(arguments: dict[str, object]) -> None:
    async with case("supervisor") as desk:
        told = await desk.call("session_head_vote", session_id=desk.session_id("closed"), **arguments)
        assert told.is_error
        assert desk.calls == []


async def test_a_dialog_is_saved_to_crm_once() -> None:
    async with case() as desk:
        if desk.portal.state.chats[desk.id("mine")].entity_data_1.startswith("Y"):
            pytest.fail("the sample's own dialog must not be in CRM yet")
        told = await desk.call("crm_lead_create", chat_id=desk.id("mine"))
        assert (told["outcome"], told["changed"]) == ("created", True)
        assert [item["type"] for item in told["crm"]] == ["LEAD"]
        again = await desk.call("crm_lead_create", chat_id=desk.id("mine"))
        assert (again["outcome"], again["changed"], again["crm"]) == ("unchanged", False, told["crm"])
        assert desk.portal.calls.executed("imopenlines.crm.lead.create") == 1


async def test_what_is_in_crm_is_returned_without_a_call() -> None:
    async with case("supervisor") as desk:
        told = await desk.call("crm_lead_create", chat_id=desk.id("in_crm"))
        assert (told["outcome"], told["changed"]) == ("unchanged", False)
        assert told["crm"]
        assert desk.writes == []


async def test_a_closed_or_foreign_dialog_is_not_saved() -> None:
    async with case("supervisor") as desk:
        for key in [key for key, chat in desk.portal.known.items() if key in {"closed", "colleagues", "waiting"}]:
            if desk.portal.state.chats[desk.id(key)].entity_data_1.startswith("Y"):
                continue
            sessions = len(desk.portal.state.sessions)
            text = await desk.refused("crm_lead_create", chat_id=desk.id(key))
            assert "CRM" in text
            assert len(desk.portal.state.sessions) == sessions


async def test_the_reason_of_crms_refusal_is_passed_on() -> None:
    async with case() as desk:
        desk.portal.settings.crm_refuses = "The field Source is required"
        told = await desk.call("crm_lead_create", chat_id=desk.id("mine"))
        assert told.is_error
        assert "CRM refused" in told.text
        assert "The field Source is required" in told.text


async def test_an_unknown_outcome_of_a_vote_names_the_history() -> None:
    async with case("supervisor") as desk:
        desk.fault(method="imopenlines.session.head.vote", kind="drop", phase="after")
        told = await desk.call("session_head_vote", session_id=desk.session_id("closed"), rating=5, comment="Good")
        assert told.is_error
        assert "session_history_get" in told.text
        assert desk.portal.calls.executed("imopenlines.session.head.vote") == 1
