"""Who has which tools: what settings name, what narrows, what wins, and what is refused at the start."""

import pytest
from mcp import MCPError
from mcp.types import PromptReference, ResourceTemplateReference
from pydantic import SecretStr

from bitrix24_dialogs.server import build_server
from bitrix24_dialogs.settings import Settings, SettingsError
from bitrix24_dialogs.toolbox.declaration import Effect
from bitrix24_dialogs.toolbox.policy import TOOLSETS, Toolbox, policy_of
from bitrix24_dialogs.tools import all_tools
from tests.support import Case, case

TOOLS = all_tools()
NAMES = [tool.name for tool in TOOLS]
READING = [tool.name for tool in TOOLS if tool.effect is Effect.READ]
ERAS = ["legacy", "auto"]
NARROWS = "it narrows what BITRIX24_TOOLSETS switches on"


def listed(**settings: object) -> list[str]:
    """The tools that settings leave."""
    return [tool.name for tool in Toolbox(TOOLS, policy_of(Settings(**settings), TOOLS)).listed()]  # type: ignore[arg-type]


def of(*toolsets: str) -> list[str]:
    return [tool.name for tool in TOOLS if tool.toolset in toolsets]


def test_without_a_setting_there_are_dialogs_and_inbox() -> None:
    assert listed() == listed(toolsets=("default",)) == of("dialogs", "inbox")
    assert len(listed()) <= 20


@pytest.mark.parametrize(
    ("toolsets", "there"),
    [
        (("all",), TOOLSETS),
        (TOOLSETS, TOOLSETS),
        (("default", "people"), ("dialogs", "inbox", "people")),
        (("people", "lines"), ("lines", "people")),
        *(((toolset,), (toolset,)) for toolset in TOOLSETS),
    ],
)
def test_toolsets_are_switched_on_by_name_in_the_tools_order(toolsets: tuple[str, ...], there: tuple[str, ...]) -> None:
    assert listed(toolsets=toolsets) == of(*there)


def test_names_of_tools_narrow() -> None:
    assert listed(tools=("whoami", "dialog_get")) == ["dialog_get", "whoami"]
    assert listed(tools=("whoami", "dialog_get"), exclude_tools=("whoami",)) == ["dialog_get"]
    assert listed(toolsets=("people",), exclude_tools=("colleague_find",)) == []
    assert listed(exclude_tools=("reply_send",)) == listed()


@pytest.mark.parametrize("confirm", ["off", "destructive", "writes"])
def test_read_only_wins_over_everything(confirm: str) -> None:
    assert listed(read_only=True, toolsets=("all",), confirm=confirm) == READING
    assert listed(read_only=True, tools=("session_join", "dialog_get")) == ["dialog_get"]
    for name in sorted(set(NAMES) - set(READING)):
        assert listed(read_only=True, toolsets=("all",), tools=(name,), confirm=confirm) == []


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"toolsets": ("inbx",)},
            f"BITRIX24_TOOLSETS: there is no inbx; there are default, all, {', '.join(TOOLSETS)}",
        ),
        (
            {"tools": ("dialog_get", "fly", "swim")},
            f"BITRIX24_TOOLS: there is no fly, swim; there are {', '.join(NAMES)}",
        ),
        ({"exclude_tools": ("fly",)}, f"BITRIX24_EXCLUDE_TOOLS: there is no fly; there are {', '.join(NAMES)}"),
        (
            {"tools": ("reply_send",)},
            f"BITRIX24_TOOLS: reply_send is in the toolset reply, which is off; {NARROWS}",
        ),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(settings: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        build_server(Settings(webhook_url=SecretStr(""), **settings))  # type: ignore[arg-type]
    assert str(refused.value) == told


async def refusal(desk: Case, name: str, arguments: dict[str, object]) -> tuple[int, str, object]:
    with pytest.raises(MCPError) as refused:
        await desk.client.call_tool(name, arguments)
    error = refused.value.error
    return error.code, error.message.replace(name, "X"), error.data


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"toolsets": ("all",), "read_only": True},
        {"toolsets": ("all",), "exclude_tools": ("reply_send",)},
        {"toolsets": ("all",), "tools": ("dialog_get",)},
        {"toolsets": ("all",), "read_only": True, "confirm": "writes"},
    ],
)
async def test_a_hidden_tool_answers_like_one_that_does_not_exist(era: str, settings: dict[str, object]) -> None:
    async with case(mode=era, **settings) as desk:
        assert "reply_send" not in [tool.name for tool in (await desk.client.list_tools()).tools]
        for arguments in ({}, {"chat_id": desk.id("mine"), "text": "Hello"}, {"nonsense": [None]}):
            hidden = await refusal(desk, "reply_send", arguments)
            assert hidden == await refusal(desk, "reply_sent", arguments)
        assert desk.calls == []


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_nothing_is_completed_for_what_is_hidden(era: str) -> None:
    typed = {"name": "chat_id", "value": ""}
    async with case(mode=era, exclude_tools=("session_history_get",)) as desk:
        hidden = [
            await desk.client.complete(ResourceTemplateReference(uri="dialog://{chat_id}/history"), typed),
            await desk.client.complete(PromptReference(name="prepare_lead"), typed),
        ]
        unknown = [
            await desk.client.complete(ResourceTemplateReference(uri="nothing://{chat_id}"), typed),
            await desk.client.complete(PromptReference(name="no_such_prompt"), typed),
        ]
        assert hidden == unknown
        assert desk.calls == []
