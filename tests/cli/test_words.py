"""Nothing that a command prints escapes the language: all of it is said in one that nobody speaks."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bitrix24_dialogs.callers.admission import own_token
from bitrix24_dialogs.callers.caller import new_token
from bitrix24_dialogs.callers.operators import add_caller
from bitrix24_dialogs.language.speech import Speech
from bitrix24_dialogs.portal import Fault, default_portal, running_portal
from bitrix24_dialogs.settings import Settings
from bitrix24_dialogs.toolbox.policy import TOOLSETS
from bitrix24_dialogs.tools import all_tools
from tests.cli.conftest import Done, Run
from tests.language.strange import StrangeSpeech

COMMANDS = ["serve", "demo", "doctor", "portal", "tools", "config", "caller"]
CALLER_COMMANDS = ["add", "rotate", "remove", "list"]
CLIENTS = ["claude-code", "cursor", "vscode", "claude-desktop"]

# What is the same in every language: what is typed, set or granted.
MACHINE = {
    *COMMANDS,
    *CALLER_COMMANDS,
    *CLIENTS,
    *TOOLSETS,
    *(tool.name for tool in all_tools()),
    *("stdio", "http", "sse", "standard", "enterprise", "off", "on", "default", "all", "en", "ru"),
    *("destructive", "writes", "debug", "info", "warning", "error", "client", "imopenlines", "im", "user"),
}
_LOG = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ (WARNING|ERROR) .*\n", re.MULTILINE)
_BETWEEN = re.compile(r"[\s\[\]{}(),|'\"<>]+")


@pytest.fixture
def speech() -> Speech:
    return StrangeSpeech()


def escaped(printed: str) -> list[str]:
    """The words that stand in the letters of English and are none of `MACHINE`."""
    parts = [part.strip(".:;!?…") for part in _BETWEEN.split(_LOG.sub("", printed))]
    return [part for part in parts if re.fullmatch(r"[A-Za-z]{2,}", part) and part not in MACHINE]


def all_strange(done: Done, *, printed: bool = True) -> None:
    assert escaped(done.stderr) == [], done.stderr
    if printed:
        assert escaped(done.stdout) == [], done.stdout
        assert done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_this_test_sees_what_escapes(run_here: Run) -> None:
    assert escaped("ｕｓａｇｅ: tools and dialog_get") == ["and"]
    assert escaped("2026-07-28 10:00:00,001 WARNING bitrix24_dialogs: in English\nfurther") == ["further"]


@pytest.mark.parametrize(
    "arguments", [[], *([command] for command in COMMANDS), *(["caller", command] for command in CALLER_COMMANDS)]
)
def test_help(run_here: Run, arguments: list[str]) -> None:
    done = run_here(*arguments, "--help")
    assert done.returncode == 0
    all_strange(done)


@pytest.mark.parametrize(
    "arguments",
    [
        ["caller"],
        ["c00k"],
        ["tools", "pl3ase"],
        ["config"],
        ["config", "f4x"],
        ["config", "cursor", "--url", "th3re"],
        ["config", "cursor", "--url", "th3re", "--transport", "http"],
        ["config", "claude-desktop", "--transport", "http"],
        ["serve", "--port", "80.5"],
        ["serve", "--port", "1"],
        ["serve", "--transport", "f7p"],
        ["serve", "--t", "http"],
        ["serve", "--host"],
        ["serve", "--transport", "http", "--host", "a..b", "--port", "1"],
        ["serve", "--transport", "http", "--host", "192.0.2.1", "--port", "0"],
        ["--demo=1", "tools"],
        ["--env-file"],
        ["--env-file", "/nowhere/.env", "tools"],
        ["caller", "add"],
        ["caller", "add", "2 1"],
        ["caller", "remove", "e4"],
        ["caller", "list"],
        ["doctor"],
    ],
)
def test_what_cannot_be_done(run_here: Run, arguments: list[str], data: Path) -> None:
    done = run_here(*arguments)
    assert done.returncode == 2, done.stdout
    all_strange(done)


@pytest.mark.parametrize(
    "seed",
    [
        "",
        "{",
        "[]",
        '{"users": 1}',
        '{"users": [{"id": 1}]}',
        '{"users": [{"id": "1", "first_name": ""}]}',
        '{"users": [{"id": 1, "first_name": "A", "kind": "cat"}]}',
        '{"users": [{"id": 1, "first_name": "A"}, {"id": 1, "first_name": "B"}]}',
        '{"users": [{"id": 1, "first_name": "A", "colour": 1}]}',
        '{"known": {"x": 1}}',
        '{"secret_seed": 1}',
        '{"lines": [], "chats": [{"id": 1, "title": "t", "created": "x"}]}',
    ],
)
def test_a_seed_that_is_none(run_here: Run, seed: str, tmp_path: Path) -> None:
    file = tmp_path / "0.json"
    file.write_text(seed)
    done = run_here("portal", "--seed", str(file))
    assert done.returncode == 2
    # Fields of a seed are machine words; each stands behind its place.
    said = re.sub(r"seed[\w.\[\]]*|'\w+'|employee, client, bot, system", "", done.stderr)
    assert escaped(said) == [], done.stderr


@pytest.mark.parametrize("value", ["?", "-1", "x://y", "~nobody-at-all/x", ",", "1e9", "[]"])
@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_a_setting_that_cannot_be_used(run_here: Run, name: str, value: str) -> None:
    all_strange(run_here("tools", **{f"BITRIX24_{name.upper()}": value}))


@pytest.mark.parametrize(
    "settings",
    [
        {"BITRIX24_TOOLS": "fl1"},
        {"BITRIX24_TOOLS": "reply_send"},
        {"BITRIX24_READONLY": "on"},
        {"BITRIX24_UNHEARD_OF": "on"},
        {"BITRIX24_READ_ONLY": "on"},
        {"BITRIX24_TOOLS": "dialog_get", "BITRIX24_EXCLUDE_TOOLS": "dialog_get"},
        {"BITRIX24_TOOLSETS": "all"},
    ],
)
def test_tools(run_here: Run, settings: dict[str, str]) -> None:
    all_strange(run_here("tools", **settings))


@pytest.mark.parametrize("client", CLIENTS)
def test_config(run_here: Run, client: str, data: Path, tmp_path: Path) -> None:
    kept = tmp_path / "0"
    env_file = tmp_path / "1"
    env_file.write_text(f"BITRIX24_WEBHOOK_URL_FILE={kept}\n")
    for arguments in (
        [],
        ["--demo"],
        ["--env-file", str(env_file)],
        ["--transport", "http"],
        ["--transport", "sse", "--url", "https://mcp.example.com"],
    ):
        all_strange(run_here("config", client, *arguments), printed=False)
    all_strange(run_here("config", client, BITRIX24_WEBHOOK_URL_FILE=str(kept)), printed=False)
    anonymous = run_here("config", client, "--transport", "http", BITRIX24_HTTP_ALLOW_ANONYMOUS="on")
    all_strange(anonymous, printed=False)


def test_callers(run_here: Run, data: Path, tmp_path: Path) -> None:
    own_token()
    file = data / "operators.toml"
    for arguments in (["add", "a1"], ["add", "a2", "--read-only"], ["rotate", "a1"], ["remove", "a1"], ["add", "a2"]):
        all_strange(run_here("caller", *arguments), printed=False)
    all_strange(run_here("caller", "list"))
    file.write_text("")
    all_strange(run_here("caller", "list"))
    kept = tmp_path / "0"
    kept.write_text(new_token())
    all_strange(run_here("caller", "add", "a3", BITRIX24_HTTP_TOKEN_FILE=str(kept)), printed=False)


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "a = 1",
        "[callers]\n'' = 1",
        "[callers]\na1 = 1",
        "[callers.a1]\ntoken_sha256 = 1",
        "[callers.a1]\nother = 1",
        "[callers.a1]\nread_only = 1",
        "[callers.a1]\ntoken_sha256 = '{0}'\n[callers.a2]\ntoken_sha256 = '{0}'",
        "callers = {a1 = {token_sha256 = '{0}'}}",
        "\udcff",
    ],
)
def test_a_callers_file_that_is_none(run_here: Run, text: str, data: Path) -> None:
    data.mkdir(parents=True)
    (data / "operators.toml").write_bytes(text.replace("{0}", "0" * 64).encode(errors="surrogateescape"))
    for arguments in (["list"], ["rotate", "a1"], ["add", "a3"]):
        all_strange(run_here("caller", *arguments), printed=False)


@pytest.mark.parametrize(
    ("scopes", "settings"),
    [
        (None, {}),
        (["im", "crm"], {"BITRIX24_LINES": "22,98,99", "BITRIX24_REPLY_LINES": "99"}),
        (["imopenlines"], {"BITRIX24_TOOLSETS": "all", "BITRIX24_READ_ONLY": "on", "BITRIX24_AUDIT_FILE": "/0/1"}),
        (["imopenlines", "im"], {"BITRIX24_LINES": "98", "BITRIX24_REPLY_LINES": "99", "BITRIX24_AUDIT_FILE": "/0/1"}),
        (None, {"BITRIX24_TOOLS": "dialog_get", "BITRIX24_EXCLUDE_TOOLS": "dialog_get"}),
        (None, {"BITRIX24_CONFIRM": "writes", "BITRIX24_VERIFY": "off", "BITRIX24_MASK_CONTACTS": "on"}),
        ([], {"BITRIX24_CONFIRM": "destructive", "BITRIX24_LANGUAGE": "ru"}),
    ],
)
def test_doctor(run_here: Run, scopes: list[str] | None, settings: dict[str, str]) -> None:
    portal = default_portal()
    if scopes is not None:
        portal.state.webhooks[portal.employees["operator"].id].scopes = scopes
    with running_portal(portal) as base:
        all_strange(run_here("doctor", BITRIX24_WEBHOOK_URL=portal.webhook_url("operator", base), **settings))


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 404, "body": "<html>"},
        {"status": 401, "error": "NO_AUTH_FOUND"},
        {"status": 403, "body": ""},
        {"status": 200, "body": ""},
        {"status": 400, "error": "UNHEARD_OF"},
        {"method": "batch", "status": 200, "body": '{"result": {"result": []}}'},
        {"method": "profile", "status": 200, "body": '{"result": {"ID": "99"}}'},
        {"method": "profile", "status": 200, "body": '{"result": {}}'},
        {"method": "server.time", "status": 200, "body": '{"result": 1}'},
        {"method": "server.time", "status": 200, "body": '{"result": "2001-01-01T00:00:00+00:00"}'},
        {"method": "imopenlines.config.list.get", "status": 400, "error": "UNHEARD_OF"},
    ],
)
def test_doctor_where_something_is_wrong(run_here: Run, fault: dict[str, object]) -> None:
    portal = default_portal()
    portal.settings.rate_limit = "off"
    portal.state.lines[22].name = "№ 22"
    portal.faults.add(Fault(count=-1, **fault))  # type: ignore[arg-type]
    with running_portal(portal) as base:
        webhook = portal.webhook_url("operator", base)
        all_strange(run_here("doctor", BITRIX24_WEBHOOK_URL=webhook, BITRIX24_LINES="22"))


@pytest.mark.parametrize(
    "webhook",
    ["nothing", "http://portal.example/rest/1/abcdef", "https://portal.example/", "https://a@b.example/rest/1/abcd/"],
)
def test_a_webhook_that_is_none(run_here: Run, webhook: str) -> None:
    done = run_here("doctor", BITRIX24_WEBHOOK_URL=webhook)
    assert done.returncode == 2
    assert escaped(done.stderr.replace("https://your-company.bitrix24.com/rest/7/<secret>/", "")) == []


_RUN = "import sys; from bitrix24_dialogs.cli.main import main; from tests.language.strange import StrangeSpeech;"
_RUN += "sys.exit(main(sys.argv[1:], StrangeSpeech()))"


@pytest.mark.parametrize("admission", ["own", "file", "callers", "anonymous", "nothing"])
@pytest.mark.parametrize("transport", ["http", "sse"])
def test_serving(tmp_path: Path, transport: str, admission: str) -> None:
    token, callers = tmp_path / "0", tmp_path / "1"
    token.write_text(new_token())
    add_caller(callers, "a1", read_only=False)
    settings = {
        "own": {"BITRIX24_DEMO": "on"},
        "file": {"BITRIX24_DEMO": "on", "BITRIX24_HTTP_TOKEN_FILE": str(token)},
        "callers": {"BITRIX24_DEMO": "on", "BITRIX24_OPERATORS_FILE": str(callers)},
        "anonymous": {"BITRIX24_DEMO": "on", "BITRIX24_HTTP_ALLOW_ANONYMOUS": "on"},
        "nothing": {},
    }[admission]
    with subprocess.Popen(
        [sys.executable, "-c", _RUN, "serve", "--transport", transport, "--port", "0"],
        env={**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), **settings},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        if admission == "nothing":
            said += process.stderr.readline()
        process.terminate()
        said += process.stderr.read()
    assert len(said.splitlines()) == (3 if admission == "nothing" else 2), said
    assert escaped(said) == [], said


@pytest.mark.skipif(sys.platform == "win32", reason="no such terminals there")
def test_serving_to_somebody_who_started_it_by_hand() -> None:
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", _RUN, "--demo"], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        said = "".join(process.stderr.readline() for _ in range(3))
        process.terminate()
    os.close(theirs)
    os.close(ours)
    assert escaped(said) == [], said
    assert len(said.splitlines()) == 3
