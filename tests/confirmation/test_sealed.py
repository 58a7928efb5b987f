"""The state that goes to the client with a question and comes back with the answer (protocol 2026-07-28)."""

from collections.abc import Mapping
from typing import Any

import anyio
import pytest
from mcp.types import CallToolResult, InputRequiredResult, TextContent

from tests.confirmation.people import NO, YES, Person
from tests.gateway.clocks import JumpingClock
from tests.support import Case, case

pytestmark = pytest.mark.anyio

CONFIRM: dict[str, Any] = {"confirm": "writes", "toolsets": ("all",)}
TOOL = "session_join"


async def asked(desk: Case, tool: str = TOOL, **arguments: Any) -> InputRequiredResult:
    """Call a tool and keep the question unanswered."""
    result = await desk.client.session.call_tool(tool, arguments, allow_input_required=True)
    assert isinstance(result, InputRequiredResult)
    return result


async def answered(
    desk: Case, question: InputRequiredResult, tool: str, arguments: Mapping[str, Any], state: str | None = None
) -> CallToolResult | InputRequiredResult:
    """Call again with a yes."""
    (key,) = question.input_requests or {}
    result = await desk.client.session.call_tool(
        tool,
        dict(arguments),
        input_responses={key: YES},
        request_state=question.request_state if state is None else state,
        allow_input_required=True,
    )
    assert isinstance(result, CallToolResult | InputRequiredResult)
    return result


def refusal(result: CallToolResult | InputRequiredResult) -> str:
    assert isinstance(result, CallToolResult)
    assert result.is_error
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


async def test_the_state_tells_the_client_nothing() -> None:
    async with case(person=Person(), **CONFIRM) as desk:
        question = await asked(desk, chat_id=desk.id("colleagues"))
        assert question.request_state
        assert str(desk.id("colleagues")) not in question.request_state
        assert desk.writes == []


async def test_a_confirmation_counts_once() -> None:
    """A client that sends the confirmed call again, because it missed the answer, must not act twice."""
    async with case(person=Person(), **CONFIRM) as desk:
        given = {"chat_id": desk.id("mine"), "text": "We are on it."}
        question = await asked(desk, "reply_send", **given)
        first = await answered(desk, question, "reply_send", given)
        assert isinstance(first, CallToolResult)
        assert not first.is_error
        text = refusal(await answered(desk, question, "reply_send", given))
        assert "this confirmation has been used already" in text
        assert desk.calls.count("im.message.add") == 1


async def test_a_confirmation_counts_once_at_the_same_moment() -> None:
    """Some machines' clocks stand still for as long as two requests need."""
    async with case(person=Person(), clock=JumpingClock(), **CONFIRM) as desk:
        given = {"chat_id": desk.id("mine")}
        question = await asked(desk, "session_mode_pin", **given)

        async def answer() -> None:
            await answered(desk, question, "session_mode_pin", given)

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(answer)
        assert desk.writes == ["imopenlines.session.mode.pin"]


async def test_a_confirmation_is_for_these_arguments_only() -> None:
    async with case(person=Person(), **CONFIRM) as desk:
        question = await asked(desk, chat_id=desk.id("colleagues"))
        text = refusal(await answered(desk, question, TOOL, {"chat_id": desk.id("mine")}))
        assert "is not for this call" in text
        assert desk.writes == []


async def test_a_confirmation_is_for_this_tool_only() -> None:
    async with case(person=Person(), **CONFIRM) as desk:
        given = {"chat_id": desk.id("colleagues")}
        question = await asked(desk, **given)
        refusal(await answered(desk, question, "session_intercept", given))
        assert desk.writes == []


async def test_the_text_that_was_confirmed_is_the_text_that_is_sent() -> None:
    """The question does not show the text, so the seal alone keeps another one of the same length out."""
    async with case(person=Person(), **CONFIRM) as desk:
        chat = desk.id("mine")
        before = list(desk.portal.outbox)
        question = await asked(desk, "reply_send", chat_id=chat, text="We are on it.")
        refusal(await answered(desk, question, "reply_send", {"chat_id": chat, "text": "Pay the fine."}))
        assert desk.portal.outbox == before


@pytest.mark.parametrize("state", ["", "v1.", "nonsense", '["0", "1", 0]', "v1.AAAA"])
async def test_a_made_up_state_confirms_nothing(state: str) -> None:
    async with case(person=Person(), **CONFIRM) as desk:
        given = {"chat_id": desk.id("colleagues")}
        question = await asked(desk, **given)
        refusal(await answered(desk, question, TOOL, given, state))
        assert desk.writes == []


async def test_an_answer_without_state_is_no_answer() -> None:
    async with case(person=Person(NO), **CONFIRM) as desk:
        given = {"chat_id": desk.id("colleagues")}
        (key,) = (await asked(desk, **given)).input_requests or {}
        again = await desk.client.session.call_tool(TOOL, given, input_responses={key: YES}, allow_input_required=True)
        assert isinstance(again, InputRequiredResult)
        assert desk.writes == []


async def test_the_state_of_another_process_confirms_nothing() -> None:
    async with case(person=Person(), **CONFIRM) as other:
        foreign = await asked(other, chat_id=other.id("colleagues"))
    async with case(person=Person(), **CONFIRM) as desk:
        text = refusal(await answered(desk, foreign, TOOL, {"chat_id": desk.id("colleagues")}))
        assert "from before a restart" in text
        assert desk.writes == []


@pytest.mark.parametrize(("seconds", "acts"), [(599, True), (601, False)])
async def test_an_answer_counts_for_ten_minutes(seconds: float, acts: bool) -> None:
    clock = JumpingClock()
    async with case(person=Person(), clock=clock, **CONFIRM) as desk:
        given = {"chat_id": desk.id("colleagues")}
        question = await asked(desk, **given)
        clock.advance(seconds)
        result = await answered(desk, question, TOOL, given)
        assert isinstance(result, CallToolResult)
        assert bool(result.is_error) is not acts
        assert bool(desk.writes) is acts
        if not acts:
            assert "nobody answered within ten minutes" in refusal(result)


async def test_without_the_setting_a_state_means_nothing() -> None:
    async with case(person=Person()) as desk:
        result = await desk.client.session.call_tool(
            TOOL, {"chat_id": desk.id("colleagues")}, request_state="whatever", allow_input_required=True
        )
        assert isinstance(result, CallToolResult)
        assert not result.is_error
