"""Silent mode flipped between the read and the act: a note never reaches the client, a reply tells what became of it."""

from typing import Any

import pytest

from tests.support import Case, case

pytestmark = pytest.mark.anyio

ADD = "im.message.add"
WITH_REPLY = {"toolsets": ("default", "reply")}


def sent(desk: Case) -> list[str]:
    return [message.text for message in desk.portal.outbox if message.id > 85_540]


def flips(desk: Case, key: str, on: bool) -> None:
    action = {"action": "switch_silent", "who": "operator", "chat": key, "on": on}
    desk.fault(kind="delay", method=ADD, meanwhile=action)


@pytest.mark.parametrize("understands_flags", [True, False])
@pytest.mark.parametrize("mode", ["chat", "personal"])
@pytest.mark.parametrize(("key", "on"), [("mine", True), ("mine", False), ("silent", False), ("silent", True)])
async def test_a_note_stays_inside_whatever_the_mode_is_flipped_to(
    key: str, on: bool, mode: Any, understands_flags: bool
) -> None:
    async with case(**WITH_REPLY) as desk:
        desk.portal.settings.silent_mode = mode
        desk.portal.settings.message_flags = understands_flags
        flips(desk, key, on)
        told = await desk.call("note_add", chat_id=desk.id(key), text="The second charge is ours")
        assert (told["outcome"], told["visible_to_client"]) == ("sent", "no")
        assert sent(desk) == []
        again = await desk.call("note_add", chat_id=desk.id(key), text="The second charge is ours")
        assert (again["outcome"], again["visible_to_client"]) == ("already_sent", "no")
        assert sent(desk) == []


@pytest.mark.parametrize("understands_flags", [True, False])
@pytest.mark.parametrize("mode", ["chat", "personal"])
async def test_a_reply_that_silent_mode_kept_back_is_told_as_not_seen(mode: Any, understands_flags: bool) -> None:
    async with case(**WITH_REPLY) as desk:
        desk.portal.settings.silent_mode = mode
        desk.portal.settings.message_flags = understands_flags
        flips(desk, "mine", True)
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert (told["outcome"], told["visible_to_client"]) == ("sent", "no")
        assert "session_mode_silent" in told["next"]
        assert sent(desk) == []


async def test_a_reply_kept_back_whose_answer_was_lost_is_found_and_not_called_unknown() -> None:
    async with case(**WITH_REPLY) as desk:
        desk.portal.settings.silent_mode = "personal"
        desk.portal.settings.message_flags = False
        desk.act("switch_silent", who="operator", chat="mine")
        desk.fault(method=ADD, kind="drop", phase="after")
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert (told["outcome"], told["visible_to_client"]) == ("sent", "no")
        assert "answer was lost" in told["why"]


async def test_a_reply_goes_out_where_the_mode_is_switched_off_meanwhile() -> None:
    async with case(**WITH_REPLY) as desk:
        desk.portal.settings.silent_mode = "personal"
        desk.act("switch_silent", who="operator", chat="mine")
        flips(desk, "mine", False)
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert (told["outcome"], told["visible_to_client"]) == ("sent", "yes")
        assert sent(desk) == ["Hello"]
