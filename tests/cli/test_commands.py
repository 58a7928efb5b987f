"""The commands as a person runs them: what they print, where, and their exit codes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bitrix24_dialogs.portal import Fault, default_portal, running_portal
from bitrix24_dialogs.tools import all_tools
from tests.cli.conftest import Done, Run
from tests.support import DEFAULT_TOOLS

CLIENTS = ["claude-code", "cursor", "vscode", "claude-desktop"]


def run(*arguments: str, **settings: str) -> Done:
    """Run the command as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bitrix24_dialogs", *arguments],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def test_the_tools_are_listed_for_people_and_for_programs(run_here: Run) -> None:
    table = run_here("tools")
    assert table.returncode == 0
    names = [tool.name for tool in DEFAULT_TOOLS]
    assert [line.split()[0] for line in table.stdout.splitlines()][: len(names)] == names
    listed = json.loads(run_here("tools", "--json").stdout)["tools"]
    assert [tool["name"] for tool in listed] == names
    reading = run_here("tools", BITRIX24_READ_ONLY="on")
    assert " more are switched off by BITRIX24_READ_ONLY" in reading.stdout
    assert "session_join" not in reading.stdout


def test_the_list_for_people_names_each_tools_toolset_effect_and_title(run_here: Run) -> None:
    rows = [line.split(maxsplit=3) for line in run_here("tools", BITRIX24_TOOLSETS="all").stdout.splitlines()]
    assert rows == [[tool.name, tool.toolset, tool.effect.value, tool.title] for tool in all_tools()]


def test_that_no_tool_is_left_is_told_with_the_settings_that_hide_them(run_here: Run) -> None:
    settings = {"BITRIX24_TOOLS": "dialog_get", "BITRIX24_EXCLUDE_TOOLS": "dialog_get"}
    done = run_here("tools", **settings)
    assert done.returncode == 0
    first, *others = done.stdout.splitlines()
    assert first == "No tool is left: the settings below switch off every one."
    assert {line.rpartition(" ")[2] for line in others} == {f"{name}." for name in (*settings, "BITRIX24_TOOLSETS")}
    assert json.loads(run_here("tools", "--json", **settings).stdout) == {"tools": []}


@pytest.mark.parametrize("client", CLIENTS)
def test_configs_refer_to_the_secret_and_never_hold_it(run_here: Run, client: str, tmp_path: Path) -> None:
    secret = os.urandom(12).hex()
    webhook = f"https://portal.example/rest/7/{secret}/"
    kept = tmp_path / "webhook"
    kept.write_text(webhook)
    by_variable = run_here("config", client, BITRIX24_WEBHOOK_URL=webhook)
    by_file = run_here("config", client, BITRIX24_WEBHOOK_URL_FILE=str(kept))
    demo = run_here("config", client, "--demo")
    for done in (by_variable, by_file, demo):
        assert done.returncode == 0
        assert secret not in done.stdout + done.stderr
        assert sys.executable in done.stdout
    assert str(kept) in by_file.stdout
    assert "BITRIX24_DEMO" in demo.stdout


@pytest.mark.parametrize("client", ["cursor", "vscode", "claude-desktop"])
def test_snippets_are_json(run_here: Run, client: str) -> None:
    snippet = json.loads(run_here("config", client).stdout)
    (server,) = (snippet.get("servers") or snippet["mcpServers"]).values()
    assert server["command"] == sys.executable
    assert server["args"] == ["-m", "bitrix24_dialogs"]


@pytest.mark.parametrize("client", CLIENTS)
def test_toolsets_that_a_flag_names_go_along(run_here: Run, client: str) -> None:
    assert "BITRIX24_TOOLSETS" in run_here("config", client, "--demo", "--toolsets", "dialogs,reply").stdout
    assert "BITRIX24_TOOLSETS" not in run_here("config", client, "--demo").stdout


def test_an_env_file_stays_named_in_the_config(run_here: Run, tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text("BITRIX24_READ_ONLY=on\nOTHER=1\n")
    snippet = json.loads(run_here("--env-file", str(file), "config", "cursor").stdout)
    assert snippet["mcpServers"]["bitrix24-dialogs"]["args"][-2:] == ["--env-file", str(file)]


def test_the_doctor_finds_a_healthy_portal_healthy() -> None:
    portal = default_portal()
    with running_portal(portal) as base:
        webhook = portal.webhook_url("supervisor", base)
        done = run("doctor", BITRIX24_WEBHOOK_URL=webhook)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(DEFAULT_TOOLS)} of {len(DEFAULT_TOOLS)} tools will work" in done.stdout
    assert f"acting as user {portal.employees['supervisor'].id}" in done.stdout
    assert "FAIL" not in done.stdout
    assert webhook.rstrip("/").rpartition("/")[2] not in done.stdout + done.stderr


def test_the_doctor_names_the_missing_scope(run_here: Run) -> None:
    portal = default_portal()
    portal.state.webhooks[portal.employees["operator"].id].scopes = ["im", "crm"]
    with running_portal(portal) as base:
        done = run_here("doctor", BITRIX24_WEBHOOK_URL=portal.webhook_url("operator", base))
    assert done.returncode == 1
    assert "the scope imopenlines is not granted: tick it" in done.stdout
    working = [tool for tool in DEFAULT_TOOLS if tool.scope in {"im", "crm", ""}]
    assert f"{len(working)} of {len(DEFAULT_TOOLS)} tools will work" in done.stdout


@pytest.mark.parametrize("scope", ["user_brief", "user_basic", "user"])
def test_the_doctor_knows_that_a_wider_scope_will_do(run_here: Run, scope: str) -> None:
    portal = default_portal()
    portal.state.webhooks[portal.employees["operator"].id].scopes = [scope]
    with running_portal(portal) as base:
        webhook = portal.webhook_url("operator", base)
        done = run_here("doctor", BITRIX24_WEBHOOK_URL=webhook, BITRIX24_TOOLSETS="people")
    assert done.returncode == 0, done.stdout
    assert "1 of 1 tools will work" in done.stdout


def test_the_doctor_sees_a_dismissed_owner_and_a_wrong_clock(run_here: Run) -> None:
    portal = default_portal()
    portal.employees["operator"].active = False
    portal.advance(3600)
    with running_portal(portal) as base:
        done = run_here("doctor", BITRIX24_WEBHOOK_URL=portal.webhook_url("operator", base))
    assert done.returncode == 1
    assert "writes are refused" in done.stdout
    assert "clock" in done.stdout


@pytest.mark.parametrize(
    "fault", [{"status": 404, "body": "<html>Not found</html>"}, {"status": 401, "error": "NO_AUTH_FOUND"}]
)
def test_the_doctor_explains_what_does_not_answer(run_here: Run, fault: dict[str, object]) -> None:
    portal = default_portal()
    portal.faults.add(Fault(count=-1, **fault))  # type: ignore[arg-type]
    with running_portal(portal) as base:
        done = run_here("doctor", BITRIX24_WEBHOOK_URL=portal.webhook_url("operator", base))
    assert done.returncode == 2
    assert "BITRIX24_WEBHOOK_URL" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "settings", "reason"),
    [
        (["doctor"], {}, "No webhook is configured"),
        (
            ["doctor"],
            {"BITRIX24_WEBHOOK_URL": "https://portal.example/"},
            "BITRIX24_WEBHOOK_URL is not a usable webhook",
        ),
        (
            ["doctor"],
            {"BITRIX24_WEBHOOK_URL_FILE": "/nowhere/at/all"},
            "BITRIX24_WEBHOOK_URL_FILE: the file cannot be read",
        ),
        (["serve"], {"BITRIX24_READ_ONLY": "perhaps"}, "BITRIX24_READ_ONLY: use on or off"),
        (["tools"], {"BITRIX24_LINES": ","}, "BITRIX24_LINES: name at least one, or leave the setting out"),
        (["tools"], {"BITRIX24_RATE_LIMIT": "fast"}, "BITRIX24_RATE_LIMIT: use 'standard', 'enterprise' or 'off'"),
        (["--env-file", "/nowhere/.env", "tools"], {}, "--env-file /nowhere/.env cannot be read"),
        (["portal", "--seed", "/nowhere.json"], {}, "--seed: /nowhere.json"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(
    arguments: list[str], settings: dict[str, str], reason: str
) -> None:
    done = run(*arguments, **settings)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("bitrix24-dialogs-mcp: ")
    assert reason in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["{url}"],
        ["doctor", "{url}"],
        ["config", "{url}"],
        ["--env-file", "{url}", "tools"],
        ["portal", "--seed", "{url}"],
    ],
)
def test_a_webhook_in_a_wrong_place_is_not_repeated(run_here: Run, arguments: list[str]) -> None:
    secret = os.urandom(12).hex()
    done = run_here(*[part.format(url=f"https://portal.example/rest/7/{secret}/") for part in arguments])
    assert done.returncode == 2
    assert secret not in done.stdout + done.stderr


def test_a_webhook_instead_of_its_file_is_not_repeated(run_here: Run) -> None:
    secret = os.urandom(12).hex()
    done = run_here("config", "cursor", BITRIX24_WEBHOOK_URL_FILE=f"https://portal.example/rest/7/{secret}/")
    assert done.returncode == 2
    assert "expects a file's name" in done.stderr
    assert secret not in done.stdout + done.stderr


def test_a_misspelt_setting_is_told(run_here: Run) -> None:
    done = run_here("tools", BITRIX24_READONLY="1")
    assert done.returncode == 0
    assert "BITRIX24_READONLY is not a setting; did you mean BITRIX24_READ_ONLY?" in done.stderr


def test_a_config_keeps_the_settings_that_protect(run_here: Run) -> None:
    done = run_here("config", "cursor", BITRIX24_READ_ONLY="on", BITRIX24_LINES="22,24")
    (server,) = json.loads(done.stdout)["mcpServers"].values()
    assert server["env"]["BITRIX24_READ_ONLY"] == "on"
    assert server["env"]["BITRIX24_LINES"] == "22,24"


def test_a_webhook_in_the_env_file_stays_there(run_here: Run, tmp_path: Path) -> None:
    secret = os.urandom(12).hex()
    file = tmp_path / "settings.env"
    file.write_text(f"BITRIX24_WEBHOOK_URL=https://portal.example/rest/7/{secret}/\n")
    done = run_here("--env-file", str(file), "config", "claude-code")
    assert secret not in done.stdout + done.stderr
    assert "BITRIX24_WEBHOOK_URL" not in done.stdout
    assert str(file) in done.stdout


def test_the_doctor_does_not_call_unseen_what_it_has_not_seen(run_here: Run) -> None:
    portal = default_portal()
    portal.faults.add(Fault(method="batch", status=200, body='{"result": {"result": []}}', count=-1))
    with running_portal(portal) as base:
        done = run_here("doctor", BITRIX24_WEBHOOK_URL=portal.webhook_url("supervisor", base))
    assert done.returncode == 1
    assert "could not be checked" in done.stdout
    assert f"0 of {len(DEFAULT_TOOLS)} tools will work" in done.stdout


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_although_its_client_is_still_there(ending: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bitrix24_dialogs", "--demo"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(ending)
        assert process.wait(60) == 130


def test_help_names_every_command_and_every_setting(run_here: Run) -> None:
    assert all(
        command in run_here("--help").stdout for command in ("serve", "demo", "doctor", "portal", "tools", "config")
    )
    assert "BITRIX24_MASK_CONTACTS" in run_here("serve", "--help").stdout
    assert run_here("--version").stdout.startswith("bitrix24-dialogs-mcp ")


def test_the_portal_command_prints_webhooks_that_work() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bitrix24_dialogs", "portal"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "supervisor" in line)
        done = run("doctor", BITRIX24_WEBHOOK_URL=line.split()[1])
        process.terminate()
        process.wait(60)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("command", ["doctor", "tools"])
def test_a_reader_who_has_seen_enough_is_no_crash(command: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bitrix24_dialogs", "--demo", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 1
