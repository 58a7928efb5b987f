"""``caller add``, ``rotate``, ``remove`` and ``list`` as an administrator runs them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from bitrix24_dialogs.callers.admission import own_token
from bitrix24_dialogs.callers.caller import Caller, new_token
from bitrix24_dialogs.callers.operators import load_callers
from tests.cli.conftest import Done, Run
from tests.transport.harness import Served, serving

TOKEN = re.compile(r"b24d_[A-Za-z0-9_-]{43}\n")
FILE = "BITRIX24_OPERATORS_FILE"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Path) -> Path:
    """The callers' file that the settings name."""
    file = tmp_path / "operators.toml"
    monkeypatch.setenv(FILE, str(file))
    return file


def token_of(done: Done) -> str:
    """The token, which stands alone on standard output."""
    assert done.returncode == 0, done.stderr
    assert TOKEN.fullmatch(done.stdout)
    token = done.stdout.strip()
    assert token not in done.stderr
    return token


def with_token(file: Path, token: str) -> Caller | None:
    return load_callers(file).with_token(token.encode())


def refused(done: Done) -> str:
    """The one line that says why nothing was done."""
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("bitrix24-dialogs-mcp: ")
    return line


def test_a_token_goes_alone_to_standard_output_so_that_it_can_be_piped(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BITRIX24_")}
    token_file = tmp_path / "token"
    with token_file.open("w") as stdout:
        done = subprocess.run(
            [sys.executable, "-m", "bitrix24_dialogs", "caller", "add", "анна", "--read-only"],
            env=environment | {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    token = token_file.read_text()
    assert TOKEN.fullmatch(token)
    file = tmp_path / "data" / "bitrix24-dialogs-mcp" / "operators.toml"
    assert with_token(file, token.strip()) == Caller("анна", read_only=True)
    assert done.stderr.decode().splitlines() == [
        f"анна may call (reading only) once the server is restarted; kept in {file}.",
        "The token, shown only now:",
    ]


def test_callers_are_kept_in_the_data_folder_unless_a_setting_names_a_file(
    run_here: Run, data: Path, tmp_path: Path
) -> None:
    usual = token_of(run_here("caller", "add", "anna"))
    elsewhere = token_of(run_here("caller", "add", "anna", **{FILE: str(tmp_path / "elsewhere.toml")}))
    assert with_token(data / "operators.toml", usual) == Caller("anna")
    assert with_token(tmp_path / "elsewhere.toml", elsewhere) == Caller("anna")
    assert with_token(data / "operators.toml", elsewhere) is None


def test_an_env_file_may_name_the_callers_file(run_here: Run, tmp_path: Path, data: Path) -> None:
    env_file = tmp_path / "settings.env"
    env_file.write_text(f"{FILE}={tmp_path / 'callers.toml'}\n")
    token = token_of(run_here("--env-file", str(env_file), "caller", "add", "anna"))
    assert with_token(tmp_path / "callers.toml", token) == Caller("anna")
    assert run_here("caller", "list", "--env-file", str(env_file)).stdout == "anna\t\n"
    assert not data.exists()


def test_callers_come_change_and_go(run_here: Run, file: Path) -> None:
    first = token_of(run_here("caller", "add", "anna"))
    reading = token_of(run_here("caller", "add", "reports", "--read-only"))
    assert run_here("caller", "list") == Done(0, "anna\t\nreports\tread-only\n", "")

    rotated = run_here("caller", "rotate", "reports")
    assert rotated.stderr.splitlines() == [
        "The old token of reports works until the server is restarted, and then no more.",
        "The token, shown only now:",
    ]
    second = token_of(rotated)
    assert with_token(file, reading) is None
    assert with_token(file, second) == Caller("reports", read_only=True)

    removed = run_here("caller", "remove", "anna")
    assert removed == Done(
        0, "", "anna is removed. Their token works until the server is restarted, and then no more.\n"
    )
    assert with_token(file, first) is None
    assert run_here("caller", "list").stdout == "reports\tread-only\n"
    text = file.read_text()
    assert not any(token in text for token in (first, reading, second))


def test_an_empty_list_says_what_to_do(run_here: Run, file: Path) -> None:
    file.touch()
    assert run_here("caller", "list") == Done(
        0, "", f"{file} names no caller; add one with: bitrix24-dialogs-mcp caller add NAME\n"
    )


@pytest.mark.parametrize("arguments", [["list"], ["rotate", "anna"], ["remove", "anna"]])
def test_without_a_file_the_command_that_makes_it_is_named(run_here: Run, file: Path, arguments: list[str]) -> None:
    assert refused(run_here("caller", *arguments)).endswith(
        f"{file} is not there; make it with: bitrix24-dialogs-mcp caller add NAME"
    )
    assert not file.exists()


def test_a_taken_name_is_refused(run_here: Run, file: Path) -> None:
    run_here("caller", "add", "anna")
    before = file.read_bytes()
    assert "anna is in" in refused(run_here("caller", "add", "anna", "--read-only"))
    assert file.read_bytes() == before


@pytest.mark.parametrize("command", ["rotate", "remove"])
def test_an_unknown_name_is_refused(run_here: Run, file: Path, command: str) -> None:
    run_here("caller", "add", "anna")
    assert "There is no such caller in" in refused(run_here("caller", command, "eve"))


@pytest.mark.parametrize("command", ["add", "rotate", "remove"])
@pytest.mark.parametrize("name", ["", "two words", "two\nlines", "-x", "a\x1b[31m"])
def test_a_name_that_cannot_be_one_is_refused_in_one_line(run_here: Run, file: Path, command: str, name: str) -> None:
    run_here("caller", "add", "anna")
    line = refused(run_here("caller", command, "--", name))
    assert "This name cannot be used" in line if command == "add" else "There is no such caller" in line


@pytest.mark.parametrize("command", ["add", "rotate", "remove"])
def test_a_token_in_the_place_of_a_name_is_not_repeated(run_here: Run, file: Path, command: str) -> None:
    token = token_of(run_here("caller", "add", "anna"))
    assert token not in refused(run_here("caller", command, token))


def test_without_a_command_help_goes_to_standard_error(run_here: Run, data: Path) -> None:
    done = run_here("caller")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("usage: bitrix24-dialogs-mcp caller ")
    assert all(command in done.stderr for command in ("add", "rotate", "remove", "list"))


@pytest.mark.parametrize("arguments", [["add"], ["add", "-x"], ["add", "a", "b"], ["list", "a"], ["show"], ["remove"]])
def test_wrong_arguments_are_refused_with_the_usage(run_here: Run, file: Path, arguments: list[str]) -> None:
    done = run_here("caller", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("usage: bitrix24-dialogs-mcp ")
    assert not file.exists()


@pytest.mark.parametrize("arguments", [["add", "--help"], ["--help"]])
def test_help_is_there(run_here: Run, arguments: list[str]) -> None:
    done = run_here("caller", *arguments)
    assert done.returncode == 0
    assert done.stdout.startswith("usage: bitrix24-dialogs-mcp caller")


def test_that_another_token_is_set_is_told(run_here: Run, data: Path, tmp_path: Path) -> None:
    kept = tmp_path / "token"
    kept.write_text(new_token())
    done = run_here("caller", "add", "anna", BITRIX24_HTTP_TOKEN_FILE=str(kept))
    token_of(done)
    assert (
        "But BITRIX24_HTTP_TOKEN_FILE is set: a server with that setting lets in the token in that file alone."
        in done.stderr.splitlines()
    )
    both = run_here(
        "caller", "add", "eve", BITRIX24_HTTP_TOKEN_FILE=str(kept), **{FILE: str(tmp_path / "callers.toml")}
    )
    assert "are both set; leave one of them out" in refused(both)
    assert not (tmp_path / "callers.toml").exists()


def test_that_the_machines_own_token_ends_with_the_first_caller_is_told_once(run_here: Run, data: Path) -> None:
    own_token()
    words = "The token that was made for this machine works no more then: add a caller for yourself too."
    assert words in run_here("caller", "add", "anna").stderr.splitlines()
    assert words not in run_here("caller", "add", "eve").stderr


def test_what_cannot_be_written_is_one_line(run_here: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    line = refused(run_here("caller", "add", "anna", **{FILE: str(tmp_path / "taken" / "operators.toml")}))
    assert "cannot be written (Not a directory)" in line


@pytest.mark.parametrize("arguments", [["add", "eve"], ["rotate", "anna"], ["list"]])
def test_a_token_that_somebody_wrote_into_the_file_is_not_repeated(
    run_here: Run, file: Path, arguments: list[str]
) -> None:
    token = new_token()
    file.write_text(f'[callers.anna]\ntoken_sha256 = "{token}"\ntoken = "{token}"\n')
    assert token not in refused(run_here("caller", *arguments))


# The server


def status(served: Served, token: str) -> int:
    """What the server answers to whoever has that token."""
    answer = httpx.post(
        f"{served.base}/mcp",
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"},
        json={"jsonrpc": "2.0", "id": 1, "method": "ping"},
        timeout=60,
    )
    return answer.status_code


def test_a_change_counts_from_the_servers_next_start(run_here: Run, file: Path, tmp_path: Path) -> None:
    anna = token_of(run_here("caller", "add", "anna"))
    eve = token_of(run_here("caller", "add", "eve"))
    settings = {"BITRIX24_DEMO": "on", FILE: str(file)}
    with serving(tmp_path, **settings) as served:
        assert [status(served, token) for token in (anna, eve, new_token())] == [200, 200, 401]
        rotated = token_of(run_here("caller", "rotate", "anna"))
        run_here("caller", "remove", "eve")
        assert [status(served, token) for token in (anna, eve, rotated)] == [200, 200, 401]
    with serving(tmp_path, **settings) as served:
        assert [status(served, token) for token in (anna, eve, rotated)] == [401, 401, 200]
        assert not any(token in served.log for token in (anna, eve, rotated))
