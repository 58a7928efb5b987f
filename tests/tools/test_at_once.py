"""The same call made several times at once, as by a client that waits no longer: it is done once."""

from typing import Any

import anyio
import pytest

from tests.support import Case, Told, case
from tests.tools.test_crm import lead_of, values

pytestmark = pytest.mark.anyio

ADD = "im.message.add"
ALL = {"toolsets": ("all",)}


async def at_once(desk: Case, times: int, tool: str, **arguments: Any) -> list[Told]:
    told: list[Told] = []

    async def call() -> None:
        told.append(await desk.call(tool, **arguments))

    async with anyio.create_task_group() as tasks:
        for _ in range(times):
            tasks.start_soon(call)
    return told


@pytest.mark.parametrize("understands_flags", [True, False])
async def test_a_reply_goes_out_once(understands_flags: bool) -> None:
    async with case(**ALL) as desk:
        desk.portal.settings.message_flags = understands_flags
        told = await at_once(desk, 4, "reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert sorted(one["outcome"] for one in told) == ["already_sent"] * 3 + ["sent"]
        assert len({one["message_id"] for one in told}) == 1
        assert [one.text for one in desk.portal.outbox if one.id > 85_540] == ["Yes."]
        assert desk.calls.count(ADD) == 1


async def test_a_note_is_written_once() -> None:
    async with case(**ALL) as desk:
        told = await at_once(desk, 4, "note_add", chat_id=desk.id("mine"), text="Ask Daniel")
        assert sorted(one["outcome"] for one in told) == ["already_sent"] * 3 + ["sent"]
        assert desk.portal.calls.executed(ADD) == 1


async def test_a_phone_is_added_once() -> None:
    async with case(**ALL) as desk:
        lead = lead_of(desk)
        arguments = {"chat_id": desk.id("in_crm"), "lead_id": lead.id, "phone": "+1 202 555 0100"}
        told = await at_once(desk, 3, "crm_lead_update", **arguments)
        assert sorted(one["outcome"] for one in told) == ["unchanged", "unchanged", "updated"]
        assert values(lead, "PHONE").count("+1 202 555 0100") == 1


async def test_other_words_and_other_dialogs_do_not_wait_for_good() -> None:
    async with case(**ALL) as desk:
        async with anyio.create_task_group() as tasks:
            for key in ("mine", "russian", "in_crm"):
                for text in ("One.", "Two."):
                    tasks.start_soon(lambda k, t: desk.call("reply_send", chat_id=desk.id(k), text=t), key, text)
        assert len([one for one in desk.portal.outbox if one.id > 85_540]) == 6
