"""Turns: one at a time at one thing, nobody waits for good, and nothing is kept."""

import gc

import anyio
import pytest

from bitrix24_dialogs.gateway.errors import NotSent
from bitrix24_dialogs.gateway.turns import Turns

pytestmark = pytest.mark.anyio


async def test_one_at_a_time_and_in_order() -> None:
    turns, seen = Turns(), []

    async def work(number: int) -> None:
        async with turns.at("chat", 10):
            seen.append(number)
            await anyio.lowlevel.checkpoint()
            seen.append(number)

    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(work, number)
    assert seen == [0, 0, 1, 1, 2, 2, 3, 3]


async def test_other_things_are_not_waited_for_and_none_is_kept() -> None:
    turns = Turns()
    async with turns.at("one", 0), turns.at("two", 0):
        assert len(turns._locks) == 2
    gc.collect()
    assert len(turns._locks) == 0


async def test_who_waits_too_long_sends_nothing_and_the_next_one_gets_the_turn() -> None:
    turns = Turns()

    async def waits_in_vain() -> None:
        with pytest.raises(NotSent, match="still busy"):
            async with turns.at("chat", 0):
                raise AssertionError("it is somebody else's turn")

    async with turns.at("chat", 10), anyio.create_task_group() as tasks:
        tasks.start_soon(waits_in_vain)
    async with turns.at("chat", 0):
        pass


async def test_a_turn_ends_with_a_failure() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="x"):
        async with turns.at("chat", 10):
            raise ValueError("x")
    async with turns.at("chat", 0):
        pass
