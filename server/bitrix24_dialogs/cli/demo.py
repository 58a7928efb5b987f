"""``demo``: a support case played by a real MCP client against a real server process and the built-in portal."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    arguments: Mapping[str, Any]
    expected: str


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
    chat = {"chat_id": chat_id}
    vote = {"session_id": session_id, "rating": 5, "comment": "Fast, friendly and to the point."}
    return (
        Step("All that is known is the client's address.", "session_open", {"user_code": user_code}, "chat_id"),
        Step("Who is it, who works on it, in which state is it?", "dialog_get", chat, "state: open"),
        Step("What was said?", "session_history_get", {**chat, "limit": 6}, "client"),
        Step("Pinning is for its operator; the portal would refuse blankly.", "session_mode_pin", chat, "operator"),
        Step("Join, to read along.", "session_join", chat, "outcome: joined"),
        Step("Take it over.", "session_intercept", chat, "outcome: taken_over"),
        Step("Once more by mistake: nothing is sent.", "session_intercept", chat, "outcome: unchanged"),
        Step("Keep it from closing.", "session_mode_pin", {**chat, "activate": True}, "outcome: pinned"),
        Step("Save the client to CRM.", "crm_lead_create", chat, "outcome: created"),
        Step("Rate the colleague's work.", "session_head_vote", vote, "outcome: rated"),
        Step("How it stands now.", "dialog_get", chat, "your_role: operator"),
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
        went_well = [await _show(terminal, client, number, step) for number, step in enumerate(steps, 1)]
    terminal.line()
    if not all(went_well):
        terminal.line("The case did not go as it should; please report this.")
        return 1
    terminal.line("To use it on your own portal, see the README, or run: bitrix24-dialogs-mcp config --help")
    return 0


async def _show(terminal: Terminal, client: Client, number: int, step: Step) -> bool:
    terminal.line()
    terminal.line(f"{number}. {step.why}")
    arguments = ", ".join(f"{name}={value!r}" for name, value in step.arguments.items())
    with terminal.working(f"   {step.tool}"):
        result = await client.call_tool(step.tool, dict(step.arguments))
    terminal.line(terminal.bold(f"   {step.tool}({arguments})"))
    text = "\n".join(block.text for block in result.content if isinstance(block, types.TextContent))
    for line in text.splitlines():
        terminal.line(f"     {line}")
    return step.expected in text


def _inherited() -> dict[str, str]:
    """The demo's server sees its own settings only, but the same Python."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BITRIX24_")}
