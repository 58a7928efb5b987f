"""How long a call waits for a person, in virtual time."""

from typing import Any

import anyio
import pytest
from mcp.client.context import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult

from tests.confirmation.people import YES
from tests.gateway.clocks import LoopClock
from tests.gateway.virtual_loop import VirtualTimeLoop
from tests.support import case

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


@pytest.mark.parametrize(("minutes", "acts"), [(9, True), (11, False)])
async def test_in_the_older_protocol_a_call_waits_ten_minutes(minutes: float, acts: bool) -> None:
    """The time that the portal needs begins after that."""

    async def person(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        await anyio.sleep(minutes * 60)
        return YES

    async with case(mode="legacy", person=person, clock=LoopClock(), confirm="writes") as desk:
        told = await desk.call("session_join", chat_id=desk.id("colleagues"))
        assert told.is_error is not acts
        assert bool(desk.writes) is acts
        if not acts:
            assert "nobody answered within ten minutes" in told.text
