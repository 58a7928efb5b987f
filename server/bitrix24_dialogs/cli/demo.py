"""``demo``: a support case played by a real MCP client against a real server process and the built-in portal."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
from mcp import Client, types
from mcp.client.stdio import StdioServerParameters

from bitrix24_dialogs.cli.terminal import Terminal
from bitrix24_dialogs.portal import default_portal, running_portal


@dataclass(frozen=True)
class Step:
    """One call of the case, and why it is made."""

    why: str
    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def run_demo() -> int:
    """Play the case; 0 if every call went as it should."""
    terminal = Terminal()
    portal = default_portal()
    chat_id = portal.known["colleagues"]
    user_code = portal.state.chats[chat_id].entity_id
    session_id = max(session.id for session in portal.sessions_of(chat_id))
    with running_portal(portal) as base:
        terminal.line("A support case on a built-in Bitrix24 with made-up clients. Nothing leaves this machine.")
        terminal.line("A supervisor asks the assistant to look after a client whose operator has to leave.")
        webhook = portal.webhook_url("supervisor", base)
        return anyio.run(_play, terminal, webhook, _case(chat_id, user_code, session_id))


def _case(chat_id: int, user_code: str, session_id: int) -> Sequence[Step]:
    return (
        Step("All that is known is the client's address in the channel.", "session_open", {"user_code": user_code}),
        Step("Who is it, who works on it, in which state is it?", "dialog_get", {"chat_id": chat_id}),
        Step("What was said?", "session_history_get", {"chat_id": chat_id, "limit": 6}),
        Step(
            "Pinning is for its operator: the portal would refuse without a word.",
            "session_mode_pin",
            {"chat_id": chat_id},
        ),
        Step("Join, to read along.", "session_join", {"chat_id": chat_id}),
        Step("Take it over.", "session_intercept", {"chat_id": chat_id}),
        Step("Once more by mistake: nothing is sent, and it says why.", "session_intercept", {"chat_id": chat_id}),
        Step("Keep it from closing.", "session_mode_pin", {"chat_id": chat_id, "activate": True}),
        Step("Save the client to CRM.", "crm_lead_create", {"chat_id": chat_id}),
        Step(
            "Rate the colleague's work.",
            "session_head_vote",
            {"session_id": session_id, "rating": 5, "comment": "Fast, friendly and to the point."},
        ),
        Step("How it stands now.", "dialog_get", {"chat_id": chat_id}),
    )


async def _play(terminal: Terminal, webhook: str, steps: Sequence[Step]) -> int:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "bitrix24_dialogs", "serve"],
        env={**_inherited(), "BITRIX24_WEBHOOK_URL": webhook},
    )
    async with Client(server) as client:
        tools = (await client.list_tools()).tools
        terminal.line(f"The assistant's client has started the server and sees its {len(tools)} tools.")
        for number, step in enumerate(steps, 1):
            await _show(terminal, client, number, step)
    terminal.line()
    terminal.line("To use it on your own portal, see the README, or run: bitrix24-dialogs-mcp config --help")
    return 0


async def _show(terminal: Terminal, client: Client, number: int, step: Step) -> None:
    terminal.line()
    terminal.line(f"{number}. {step.why}")
    arguments = ", ".join(f"{name}={value!r}" for name, value in step.arguments.items())
    with terminal.working(f"   {step.tool}"):
        result = await client.call_tool(step.tool, dict(step.arguments))
    terminal.line(terminal.bold(f"   {step.tool}({arguments})"))
    for block in result.content:
        if isinstance(block, types.TextContent):
            for line in block.text.splitlines():
                terminal.line(f"     {line}")


def _inherited() -> dict[str, str]:
    """The demo's server sees its own settings only, but the same Python."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BITRIX24_")}
