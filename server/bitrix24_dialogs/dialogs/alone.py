"""Doing a thing alone: a call that looks first whether it was done already must not look while another is doing it.

A client that waits no longer repeats its call while the first one is still under way.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bitrix24_dialogs.dialogs.desk import Desk


@asynccontextmanager
async def alone_at(desk: Desk, thing: str) -> AsyncIterator[None]:
    """Be the one call with this credential that is at ``thing``, such as the messages of a chat.

    Raises:
        NotSent: another call is at it for so long that no time would be left for the change.
    """
    credential = await desk.gateway.credential()
    async with desk.gateway.turns.at((credential.key, thing), desk.deadline.remaining() - desk.deadline.change):
        yield
