"""The server's instructions: true to the tools that there are, and small for every choice of them."""

import re
from itertools import combinations
from typing import Literal

import pytest

from bitrix24_dialogs.handlers.instructions import instructions
from bitrix24_dialogs.toolbox.declaration import Effect
from bitrix24_dialogs.toolbox.policy import TOOLSETS, Policy, Toolbox
from bitrix24_dialogs.tools import all_tools

TOOLS = all_tools()
CHOICES = [frozenset(chosen) for number in range(1, len(TOOLSETS) + 1) for chosen in combinations(TOOLSETS, number)]
MOST_TOKENS = 350


@pytest.mark.parametrize("confirm", ["off", "destructive", "writes"])
@pytest.mark.parametrize("read_only", [False, True])
def test_they_are_small_and_true_for_every_choice(
    read_only: bool, confirm: Literal["off", "destructive", "writes"]
) -> None:
    for toolsets in CHOICES:
        toolbox = Toolbox(TOOLS, Policy(read_only=read_only, toolsets=toolsets, confirm=confirm))
        listed = {tool.name: tool for tool in toolbox.listed()}
        told = instructions(toolbox)
        assert len(told) / 4 <= MOST_TOKENS, toolsets
        named = set(re.findall(r"\b[a-z]+_[a-z_]+\b", told)) & {tool.name for tool in TOOLS}
        assert named <= set(listed), toolsets
        assert "untrusted text" in told
        assert ("Changes are real" in told) == any(tool.effect is not Effect.READ for tool in listed.values())
        assert ("note_add" in told) == ("reply_send" in listed)
        assert ("Nothing you write reaches a client" in told) == ("reply_send" not in listed)
        assert ("Transferring" in told) == ("dialog_transfer" in listed)
        assert ("BITRIX24_CONFIRM" in told) == any(map(toolbox.policy.asks, listed.values()))


@pytest.mark.parametrize("hidden", [tool.name for tool in TOOLS])
def test_a_tool_left_out_is_not_named(hidden: str) -> None:
    policy = Policy(toolsets=frozenset(TOOLSETS), without=frozenset({hidden}), confirm="writes")
    told = instructions(Toolbox(TOOLS, policy))
    assert not re.search(rf"\b{hidden}\b", told)
    assert len(told) / 4 <= MOST_TOKENS
