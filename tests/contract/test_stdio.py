"""The server as a process: a real client over stdio, in both eras of the protocol."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import INVALID_PARAMS, CallToolResult, TextContent

from bitrix24_dialogs.portal import Fault, Portal, default_portal, running_portal
from bitrix24_dialogs.toolbox.declaration import Effect
from tests.support import DEFAULT_TOOLS

pytestmark = pytest.mark.anyio

ERAS = ["legacy", "auto"]
SERVER = [sys.executable, "-m", "bitrix24_dialogs"]


@pytest.fixture
def portal() -> Portal:
    made = default_portal()
    made.settings.rate_limit = "off"
    return made


@pytest.fixture
def base(portal: Portal) -> Iterator[str]:
    with running_portal(portal) as address:
        yield address


@asynccontextmanager
async def connected(era: str, errors: Path, **settings: str) -> AsyncIterator[Client]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BITRIX24_")}
    parameters = StdioServerParameters(command=SERVER[0], args=SERVER[1:], env={**environment, **settings})
    with errors.open("w") as log:
        async with Client(stdio_client(parameters, errlog=log), mode=era) as client:
            yield client


def text_of(result: CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


@pytest.mark.parametrize("era", ERAS)
async def test_a_case_is_worked_through(era: str, portal: Portal, base: str, tmp_path: Path) -> None:
    webhook = portal.webhook_url("supervisor", base)
    chat_id = portal.known["colleagues"]
    session_id = max(session.id for session in portal.sessions_of(chat_id))
    steps: list[tuple[str, dict[str, object]]] = [
        ("session_open", {"user_code": portal.state.chats[chat_id].entity_id}),
        ("dialog_get", {"chat_id": chat_id}),
        ("session_history_get", {"chat_id": chat_id}),
        ("session_join", {"chat_id": chat_id}),
        ("session_intercept", {"chat_id": chat_id}),
        ("session_mode_pin", {"chat_id": chat_id, "activate": True}),
        ("session_mode_silent", {"chat_id": chat_id, "activate": True}),
        ("crm_lead_create", {"chat_id": chat_id}),
        ("session_head_vote", {"session_id": session_id, "rating": 5}),
        ("session_mode_unpin_all", {}),
        ("session_mode_pin_all", {}),
        ("session_start", {"chat_id": portal.known["closed"]}),
    ]
    async with connected(era, tmp_path / "log", BITRIX24_WEBHOOK_URL=webhook, BITRIX24_LOG_LEVEL="debug") as client:
        schemas = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}
        for tool, arguments in steps:
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, text_of(result)
            Draft202012Validator(schemas[tool] or {}).validate(result.structured_content)
            wire = result.model_dump_json(by_alias=True)
            assert "\\u0" not in wire
            assert len(wire.encode()) < 50_000
    secret = webhook.rstrip("/").rpartition("/")[2]
    log = (tmp_path / "log").read_text()
    assert "imopenlines.session.intercept" in log
    assert secret not in log
    changes = [call for call in portal.calls.entries if call.method.startswith("imopenlines.session.intercept")]
    assert [call.executed for call in changes] == [True]


@pytest.mark.parametrize("era", ERAS)
async def test_tools_are_listed_without_a_credential_and_calls_name_the_setting(era: str, tmp_path: Path) -> None:
    async with connected(era, tmp_path / "log") as client:
        listed = (await client.list_tools()).tools
        assert [tool.name for tool in listed] == [tool.name for tool in DEFAULT_TOOLS]
        result = await client.call_tool("dialog_get", {"chat_id": 2043})
        assert result.is_error
        assert "BITRIX24_WEBHOOK_URL" in text_of(result)
        assert "BITRIX24_DEMO" in text_of(result)


@pytest.mark.parametrize("era", ERAS)
async def test_an_unknown_tool_is_a_protocol_error(era: str, tmp_path: Path) -> None:
    async with connected(era, tmp_path / "log") as client:
        with pytest.raises(MCPError) as refused:
            await client.call_tool("session_finish", {})
        assert refused.value.error.code == INVALID_PARAMS
        assert "session_finish" in refused.value.error.message


@pytest.mark.parametrize("era", ERAS)
async def test_read_only_hides_what_writes_exactly_like_an_unknown_tool(era: str, tmp_path: Path) -> None:
    async with connected(era, tmp_path / "log", BITRIX24_READ_ONLY="on", BITRIX24_DEMO="1") as client:
        listed = [tool.name for tool in (await client.list_tools()).tools]
        assert listed == [tool.name for tool in DEFAULT_TOOLS if tool.effect is Effect.READ]
        messages = []
        for name in ("session_join", "session_nothing"):
            with pytest.raises(MCPError) as refused:
                await client.call_tool(name, {"chat_id": 1})
            messages.append((refused.value.error.code, refused.value.error.message.replace(name, "X")))
        assert messages[0] == messages[1]


async def test_the_demo_runs_without_a_portal(tmp_path: Path) -> None:
    async with connected("auto", tmp_path / "log", BITRIX24_DEMO="1") as client:
        result = await client.call_tool("session_history_get", {"chat_id": default_portal().known["russian"]})
        assert not result.is_error
        assert any("а" <= letter <= "я" for letter in text_of(result))


@pytest.mark.parametrize(
    ("webhook", "reason"),
    [
        ("https://example.com/", "is not a usable webhook"),
        ("http://portal.example/rest/7/{secret}/", "http://"),
        ("not an address {secret}", "is not a usable webhook"),
        ("http://127.0.0.1:9/rest/7/{secret}/", "cannot be reached"),
    ],
)
async def test_an_unusable_webhook_is_told_by_calls_without_its_secret(
    webhook: str, reason: str, tmp_path: Path
) -> None:
    secret = os.urandom(12).hex()
    async with connected("auto", tmp_path / "log", BITRIX24_WEBHOOK_URL=webhook.format(secret=secret)) as client:
        result = await client.call_tool("dialog_get", {"chat_id": 2043})
        assert result.is_error
        assert reason in text_of(result)
        assert secret not in text_of(result) + (tmp_path / "log").read_text()


async def test_a_portal_that_hangs_is_given_up_in_time(portal: Portal, base: str, tmp_path: Path) -> None:
    portal.faults.add(Fault(kind="hang", method="imopenlines.session.join", count=-1))
    # Four seconds: the reads before the change have no more, and have to be answered however busy the machine is.
    settings = {"BITRIX24_WEBHOOK_URL": portal.webhook_url("operator", base), "BITRIX24_TIMEOUT": "4"}
    async with connected("auto", tmp_path / "log", **settings) as client:
        result = await client.call_tool("session_join", {"chat_id": portal.known["colleagues"]})
        assert result.is_error
        assert "may have happened" in text_of(result)
        assert "did not answer within 4 seconds" in text_of(result)
        assert len(portal.calls.of("imopenlines.session.join")) == 1


def test_only_the_protocol_goes_to_standard_output(tmp_path: Path) -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    environment = {**os.environ, "BITRIX24_DEMO": "1", "BITRIX24_LOG_LEVEL": "debug"}
    with subprocess.Popen(
        SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        answers = []
        for number, (method, params) in enumerate(
            [("initialize", hello), ("tools/list", {}), ("tools/call", {"name": "dialog_get", "arguments": None})]
        ):
            process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n")
            if method == "initialize":
                process.stdin.write(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}) + "\n")
            process.stdin.flush()
            answers.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        rest = process.stdout.read()
        assert process.wait(60) == 0
    assert rest == ""
    assert [answer["id"] for answer in answers] == [0, 1, 2]
    assert answers[2]["result"]["isError"] is True
    assert len(json.dumps(answers[1]["result"]["tools"], separators=(",", ":"), ensure_ascii=False).encode()) <= 32_000
