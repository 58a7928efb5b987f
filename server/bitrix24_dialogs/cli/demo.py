"""``demo``: a support case played by a real MCP client against real server processes and the built-in portal."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters

from bitrix24_dialogs.cli.demo_case import CHLOE, LIAM, MIA, NOAH, NOTE, REPLY, play_operator, play_supervisor
from bitrix24_dialogs.cli.demo_stage import Stage
from bitrix24_dialogs.cli.terminal import Terminal, stop_printing
from bitrix24_dialogs.language.speech import Speech
from bitrix24_dialogs.portal import Portal, default_portal, running_portal
from bitrix24_dialogs.presenting.rendering import quoted

_OPERATORS_TOOLSETS = "default,reply,operators,crm,people"
_SUPERVISORS_TOOLSETS = "default"
_CONFIRM, _ASKED_BEFORE = "BITRIX24_CONFIRM", "destructive"
_ANSWER_SECONDS = 60


def run_demo(speech: Speech) -> int:
    """Play the case in the language of ``speech``; 0 if everything went as it should."""
    portal = default_portal()
    portal.settings.rate_limit = "off"  # as self-hosted ones do: nobody should have to wait for a demo
    stage = Stage(Terminal(), speech)
    stage.say(speech("A support case on a built-in Bitrix24 with made-up people. Nothing leaves this machine."))
    stage.say(
        speech(
            "Results are what an assistant gets. For this screen short fields share a line, long results are cut with"
            " a count of what is left out."
        )
    )
    try:
        with running_portal(portal) as base:
            anyio.run(_play, stage, portal, base)
    except* MCPError:  # between two calls: it did not start, or ended
        stage.expect("a server that runs; what it said itself stands above", holds=False)
    except* BrokenPipeError:
        stop_printing()
        stage.went_well = False
    stage.say("")
    if not stage.went_well:
        stage.say(speech("The case did not go as it should; please report this."))
        return 1
    stage.say(speech("To use it on your own portal, see the README, or run:"))
    stage.say("bitrix24-dialogs-mcp config --help", "    ")
    return 0


async def _play(stage: Stage, portal: Portal, base: str) -> None:
    speech, first = stage.speech, portal.state.counters["message"] + 1
    async with _assistant(stage, portal.webhook_url("operator", base), _OPERATORS_TOOLSETS) as client:
        tools = len((await client.list_tools()).tools)
        stage.heading(speech("Maria Novak, operator. Her assistant has {number} tools.", number=tools))
        _show_command(stage, _OPERATORS_TOOLSETS)
        await play_operator(stage, client, portal)
    async with _assistant(stage, portal.webhook_url("supervisor", base), _SUPERVISORS_TOOLSETS) as client:
        tools = len((await client.list_tools()).tools)
        stage.heading(speech("Irina Sokolova, head of support. Her assistant has {number} tools.", number=tools))
        _show_command(stage, _SUPERVISORS_TOOLSETS)
        await play_supervisor(stage, client, portal)
    _show_outbox(stage, portal, first)


def _show_command(stage: Stage, toolsets: str) -> None:
    setting = f"{_CONFIRM}={_ASKED_BEFORE}"
    stage.say(f"{setting} bitrix24-dialogs-mcp serve --toolsets {toolsets}", "    ", "      ")


@asynccontextmanager
async def _assistant(stage: Stage, webhook: str, toolsets: str) -> AsyncIterator[Client]:
    """A client that has started a server of its own."""
    settings = {
        "BITRIX24_WEBHOOK_URL": webhook,
        "BITRIX24_RATE_LIMIT": "off",
        _CONFIRM: _ASKED_BEFORE,
        "BITRIX24_LANGUAGE": stage.speech.code,
    }
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "bitrix24_dialogs", "serve", "--toolsets", toolsets],
        env={**_inherited(), **settings},
    )
    async with Client(server, elicitation_callback=stage.answer, read_timeout_seconds=_ANSWER_SECONDS) as client:
        yield client


def _show_outbox(stage: Stage, portal: Portal, first: int) -> None:
    """What left the portal since message ``first``, and what did not, from the portal's own books."""
    speech, outbox = stage.speech, [message for message in portal.outbox if message.id >= first]
    stage.heading(speech("The end: what the portal's own books say"))
    for key in (CHLOE, MIA, NOAH, LIAM):
        chat = portal.state.chats[portal.known[key]]
        texts = [quoted(message.text) for message in outbox if message.chat_id == chat.id]
        client, _, _ = chat.title.partition(" - ")
        received = ", ".join(texts) or speech("nothing")
        stage.say(speech("{client} received: {received}", client=client, received=received), "    ", "      ")
    stage.expect("one message", holds=[(one.chat_id, one.text) for one in outbox] == [(portal.known[CHLOE], REPLY)])
    kept = [message.text for message in portal.state.messages.values() if message.id >= first and message.hidden]
    for text in kept:
        stage.say(speech("Never left the portal: {text}", text=quoted(text)), "    ", "      ")
    stage.expect("one note", holds=len(kept) == 1 and kept[0].endswith(NOTE))
    spared = not portal.sessions_of(portal.known[LIAM])[-1].closed
    stage.expect("Liam's open dialog", holds=spared)
    if spared:
        stage.say(speech("Liam O'Brien's dialog is still open, and no spam."), "    ")


def _inherited() -> dict[str, str]:
    """The demo's servers see their own settings only, but the same Python."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BITRIX24_")}
