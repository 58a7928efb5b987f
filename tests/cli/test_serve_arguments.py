"""What ``serve`` refuses before it listens: one line, exit code 2, and no secret in it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bitrix24_dialogs.callers.admission import own_token
from bitrix24_dialogs.callers.caller import new_token
from tests.cli.conftest import Done, Run


@pytest.fixture
def taken() -> Iterator[int]:
    """A port where somebody listens already. Whatever should not be served must not be served there either."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(new_token())
    return file


def refused(done: Done) -> str:
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("bitrix24-dialogs-mcp: ")
    return line.removeprefix("bitrix24-dialogs-mcp: ")


@pytest.mark.parametrize("flags", [["--host", "127.0.0.1"], ["--port", "8000"], ["--port", "0"], ["--host", ""]])
@pytest.mark.parametrize("transport", [[], ["--transport", "stdio"]])
def test_an_address_means_nothing_on_standard_input(run_here: Run, transport: list[str], flags: list[str]) -> None:
    assert refused(run_here("serve", *transport, *flags)) == "--host and --port are for --transport http or sse"


@pytest.mark.parametrize("port", ["-1", "65536", "http", "80.5", "", " ", "0x50", "1" * 5000])
@pytest.mark.parametrize("command", [["serve", "--transport", "http"], ["portal"]])
def test_a_port_that_is_none_is_refused(run_here: Run, command: list[str], port: str) -> None:
    done = run_here(*command, "--port", port)
    assert done.returncode == 2
    assert "argument --port: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("transport", ["ftp", "HTTP", "", "streamable-http"])
def test_a_transport_that_is_none_is_refused(run_here: Run, transport: str) -> None:
    done = run_here("serve", "--transport", transport)
    assert done.returncode == 2
    assert "argument --transport: invalid choice" in done.stderr


@pytest.mark.parametrize("transport", ["http", "sse"])
def test_a_port_that_is_taken_is_told(run_here: Run, transport: str, taken: int, data: Path) -> None:
    line = refused(run_here("serve", "--transport", transport, "--port", str(taken)))
    assert line.startswith(f"Cannot listen on 127.0.0.1, port {taken}: Address already in use")
    assert own_token() not in line


def test_a_port_that_is_taken_is_told_by_the_process_too(taken: int, tmp_path: Path, token_file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bitrix24_dialogs", "serve", "--transport", "http", "--port", str(taken)],
        env={**os.environ, "HOME": str(tmp_path), "BITRIX24_HTTP_TOKEN_FILE": str(token_file)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    line = refused(Done(done.returncode, done.stdout, done.stderr))
    assert line.startswith(f"Cannot listen on 127.0.0.1, port {taken}: ")
    assert token_file.read_text() not in line


def test_a_host_that_nobody_knows_is_told(
    run_here: Run, taken: int, token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*arguments: Any, **options: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    arguments = ["serve", "--transport", "http", "--host", "mcp.example.com", "--port", str(taken)]
    line = refused(run_here(*arguments, BITRIX24_HTTP_TOKEN_FILE=str(token_file)))
    assert line.startswith(f"Cannot listen on mcp.example.com, port {taken}: Name or service not known")


@pytest.mark.parametrize("transport", ["http", "sse"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "mcp.example.com"])  # noqa: S104 - refused before anything is bound
def test_it_listens_for_others_only_if_it_is_said_who_may_call(
    run_here: Run, transport: str, host: str, taken: int, data: Path
) -> None:
    arguments = ["serve", "--transport", transport, "--host", host, "--port", str(taken)]
    assert refused(run_here(*arguments)).startswith(f"Who may call? Listening on {host} needs")
    anonymous = refused(run_here(*arguments, BITRIX24_HTTP_ALLOW_ANONYMOUS="true"))
    assert anonymous.startswith("BITRIX24_HTTP_ALLOW_ANONYMOUS is for trials on this machine")
    assert host in anonymous
    assert not data.exists()


def test_two_ways_to_say_who_may_call_are_one_too_many(run_here: Run, taken: int, token_file: Path) -> None:
    both = {"BITRIX24_OPERATORS_FILE": str(token_file), "BITRIX24_HTTP_TOKEN_FILE": str(token_file)}
    line = refused(run_here("serve", "--transport", "http", "--port", str(taken), **both))
    assert line == "BITRIX24_OPERATORS_FILE and BITRIX24_HTTP_TOKEN_FILE are both set; leave one of them out"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("BITRIX24_HTTP_TOKEN_FILE", "{token} {token}"),
        ("BITRIX24_HTTP_TOKEN_FILE", "TOKEN={token} # ours"),
        ("BITRIX24_OPERATORS_FILE", "{token}"),
        ("BITRIX24_OPERATORS_FILE", "[callers.anna]\ntoken = '{token}'"),
        ("BITRIX24_OPERATORS_FILE", "[callers.anna]\ntoken_sha256 = '{token}'"),
        ("BITRIX24_OPERATORS_FILE", ""),
    ],
)
def test_a_file_that_cannot_be_used_is_told_without_its_secret(
    run_here: Run, name: str, content: str, taken: int, tmp_path: Path
) -> None:
    token = new_token()
    file = tmp_path / "kept"
    file.write_text(content.format(token=token))
    line = refused(run_here("serve", "--transport", "http", "--port", str(taken), **{name: str(file)}))
    assert token[5:] not in line
    assert (name if "TOKEN" in name else str(file)) in line


@pytest.mark.parametrize("name", ["BITRIX24_HTTP_TOKEN_FILE", "BITRIX24_OPERATORS_FILE"])
def test_an_address_in_the_place_of_a_file_is_not_repeated(run_here: Run, name: str, taken: int) -> None:
    secret = new_token()
    address = f"https://portal.example/rest/7/{secret}/"
    line = refused(run_here("serve", "--transport", "http", "--port", str(taken), **{name: address}))
    assert line == f"{name}: expects a file's name, and this looks like an address"


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("BITRIX24_HTTP_TOKEN", "BITRIX24_HTTP_TOKEN_FILE"),
        ("BITRIX24_HTTP_TOKENFILE", "BITRIX24_HTTP_TOKEN_FILE"),
        ("BITRIX24_TOKEN_FILE", "BITRIX24_HTTP_TOKEN_FILE"),
        ("BITRIX24_OPERATOR_FILE", "BITRIX24_OPERATORS_FILE"),
        ("BITRIX24_HTTP_ANONYMOUS", "BITRIX24_HTTP_ALLOW_ANONYMOUS"),
        ("BITRIX24_HTTP_ALLOWED_HOST", "BITRIX24_HTTP_ALLOWED_HOSTS"),
        ("BITRIX24_HTTP_ALLOWED_ORIGIN", "BITRIX24_HTTP_ALLOWED_ORIGINS"),
        ("BITRIX24_HTTP_DRAIN_SECONDS", "BITRIX24_HTTP_DRAIN"),
    ],
)
def test_a_misspelt_setting_is_told_with_the_one_that_was_meant(run_here: Run, misspelt: str, meant: str) -> None:
    secret = new_token()
    done = run_here("tools", **{misspelt: secret})
    assert done.returncode == 0
    assert done.stderr == f"bitrix24-dialogs-mcp: {misspelt} is not a setting; did you mean {meant}?\n"


def test_a_host_that_cannot_be_a_name_is_told(run_here: Run, taken: int, token_file: Path) -> None:
    arguments = ["serve", "--transport", "http", "--host", "a..b", "--port", str(taken)]
    line = refused(run_here(*arguments, BITRIX24_HTTP_TOKEN_FILE=str(token_file)))
    assert line.startswith(f"Cannot listen on a..b, port {taken}: that is no host name. ")


def test_a_file_in_nobodys_home_is_told(run_here: Run) -> None:
    line = refused(
        run_here("serve", "--transport", "http", BITRIX24_OPERATORS_FILE="~nobody-of-that-name/operators.toml")
    )
    assert line == "BITRIX24_OPERATORS_FILE: expects a file's name; there is no such user's home"


def test_the_variable_of_clients_is_no_misspelt_setting(run_here: Run) -> None:
    assert "BITRIX24_DIALOGS_TOKEN" not in run_here("tools", BITRIX24_DIALOGS_TOKEN=new_token()).stderr
