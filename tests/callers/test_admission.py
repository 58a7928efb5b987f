"""Who is let in under which settings, and the token that is made where none was set."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier

import pytest

from bitrix24_dialogs.callers.admission import (
    Admission,
    Door,
    admission_of,
    is_loopback,
    open_door,
    own_token,
    own_token_file,
    token_from_file,
    usual_operators_file,
)
from bitrix24_dialogs.callers.caller import Caller, new_token
from bitrix24_dialogs.callers.operators import add_caller, remove_caller
from bitrix24_dialogs.settings import Settings, SettingsError
from tests.gateway.harness import assert_one_line

EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing is bound
HERE = ["127.0.0.1", "127.8.9.10", "localhost", "LocalHost", "::1"]
ELSEWHERE = [
    EVERYWHERE,
    "::",
    "192.0.2.1",
    "mcp.example.com",
    "localhost.example.com",
    "",
    "127.0.0.1.example.com",
    "0",
]


def refused(settings: Settings, host: str = "127.0.0.1") -> str:
    with pytest.raises(SettingsError) as error:
        open_door(settings, host)
    message = str(error.value)
    assert_one_line(message)
    return message


def opened_by(door: Door, token: str) -> Caller | None:
    assert door.callers is not None
    return door.callers.with_token(token.encode())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("host", HERE)
def test_these_hosts_are_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", [*ELSEWHERE, "127.1", "localhost ", "::ffff:192.0.2.1", "[::1]", "1270.0.0.1"])
def test_these_hosts_may_be_reached_by_others(host: str) -> None:
    assert not is_loopback(host)


# Every combination


@dataclass(frozen=True)
class Kept:
    """A file for each way to keep tokens, and a token in each."""

    operators: Path
    token: Path
    tokens: dict[str, str]


@pytest.fixture
def kept(tmp_path: Path, data: Path) -> Kept:
    operators, token = tmp_path / "operators.toml", tmp_path / "token"
    tokens = {"operators": add_caller(operators, "anna", read_only=True), "token": new_token()}
    token.write_text(tokens["token"] + "\n")
    return Kept(operators, token, tokens)


# Set are: o = BITRIX24_OPERATORS_FILE, t = BITRIX24_HTTP_TOKEN_FILE, a = BITRIX24_HTTP_ALLOW_ANONYMOUS; u = there is an
# operators.toml in the data folder. Then whose token lets in on loopback, and elsewhere, or how it is refused.
ADMISSIONS = {
    "operators": Admission.OPERATORS,
    "usual": Admission.OPERATORS,
    "token": Admission.TOKEN_FILE,
    "own": Admission.OWN_TOKEN,
    "nobody": Admission.NOTHING,
}
WHO = "Who may call? Listening on "
BOTH = "BITRIX24_OPERATORS_FILE and BITRIX24_HTTP_TOKEN_FILE are both set; leave one of them out"
PAST = "BITRIX24_HTTP_ALLOW_ANONYMOUS would let everybody past the tokens that are set; leave it out"
TRIALS = "BITRIX24_HTTP_ALLOW_ANONYMOUS is for trials on this machine"
COMBINATIONS = {
    "": ("own", WHO),
    "u": ("usual", "usual"),
    "a": ("nobody", TRIALS),
    "au": ("nobody", TRIALS),
    "t": ("token", "token"),
    "tu": ("token", "token"),
    "ta": (PAST, TRIALS),
    "tau": (PAST, TRIALS),
    "o": ("operators", "operators"),
    "ou": ("operators", "operators"),
    "oa": (PAST, TRIALS),
    "oau": (PAST, TRIALS),
    "ot": (BOTH, BOTH),
    "otu": (BOTH, BOTH),
    "ota": (PAST, TRIALS),
    "otau": (PAST, TRIALS),
}


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_which_of_the_settings_says_who_may_call(combination: str, kept: Kept, data: Path) -> None:
    tokens = {**kept.tokens}
    if "u" in combination:
        tokens["usual"] = add_caller(usual_operators_file(), "usual", read_only=False)
    settings = Settings(
        operators_file=kept.operators if "o" in combination else None,
        http_token_file=kept.token if "t" in combination else None,
        http_allow_anonymous="a" in combination,
    )
    for hosts, expected in zip((HERE, ELSEWHERE), COMBINATIONS[combination], strict=True):
        for host in hosts:
            if expected not in ADMISSIONS:
                assert refused(settings, host).startswith(expected)
                continue
            door = open_door(settings, host)
            assert door.admission is ADMISSIONS[expected]
            if expected == "nobody":
                assert door.callers is None
                continue
            if expected == "own":
                tokens["own"] = own_token_file().read_text().strip()
            assert {name for name, token in tokens.items() if opened_by(door, token)} == {expected}
    assert own_token_file().exists() == ("own" in tokens)


def test_the_door_knows_its_callers_and_where_they_are_kept(kept: Kept, data: Path) -> None:
    operators = open_door(Settings(operators_file=kept.operators), EVERYWHERE)
    assert operators.file == kept.operators
    assert opened_by(operators, kept.tokens["operators"]) == Caller("anna", read_only=True)
    token = open_door(Settings(http_token_file=kept.token), EVERYWHERE)
    assert token.file == kept.token
    assert opened_by(token, kept.tokens["token"]) == Caller("token")
    own = open_door(Settings(), "127.0.0.1")
    assert own.file == data / "http-token"
    assert opened_by(own, own_token()) == Caller("owner")


@pytest.mark.parametrize("host", [EVERYWHERE, "mcp.example.com"])
def test_what_is_missing_to_listen_for_others_is_told_with_what_to_do(host: str, data: Path) -> None:
    message = refused(Settings(), host)
    for words in (host, "caller add NAME", "BITRIX24_OPERATORS_FILE", "BITRIX24_HTTP_TOKEN_FILE", "127.0.0.1"):
        assert words in message
    assert not data.exists()


def test_asking_what_is_shown_makes_nothing(data: Path) -> None:
    assert admission_of(Settings()) == (Admission.OWN_TOKEN, data / "http-token")
    assert not data.exists()


# The operators' file


def test_a_file_without_callers_is_refused_with_the_command_that_adds_one(kept: Kept) -> None:
    remove_caller(kept.operators, "anna")
    assert (
        refused(Settings(operators_file=kept.operators))
        == f"{kept.operators} names no caller; add one with: bitrix24-dialogs-mcp caller add NAME"
    )


def test_a_file_that_is_not_there_is_no_reason_to_let_others_in(tmp_path: Path, data: Path) -> None:
    assert "is not there; make it with" in refused(Settings(operators_file=tmp_path / "gone.toml"))
    data.mkdir(parents=True)
    usual_operators_file().symlink_to(tmp_path / "gone.toml")
    assert "is not there; make it with" in refused(Settings())
    usual_operators_file().unlink()
    usual_operators_file().mkdir()
    assert "cannot be read (Is a directory)" in refused(Settings())
    assert not own_token_file().exists()


# The token in a file


@pytest.mark.parametrize("content", ["{}", "{}\n", "{}\r\n", "\ufeff{}\n", "\n  {}  \n\n"])
def test_a_token_file_may_end_and_begin_as_editors_like_it(content: str, tmp_path: Path) -> None:
    token = new_token()
    file = tmp_path / "token"
    file.write_bytes(content.format(token).encode())
    assert token_from_file(file) == token


@pytest.mark.parametrize("token", ["a" * 16, "0123456789abcdef" * 4, "!#$%&'()*+,-./:;<=>?@[]^_`{|}~\"\\"])
def test_any_signs_that_fit_into_a_header_make_a_token(token: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(token)
    assert token_from_file(file) == token


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b" \r\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"a" * 15, "at least 16 letters"),
        (b"{} {}", "at least 16 letters"),
        (b"{}\n{}\n", "at least 16 letters"),
        (b"{}\r\n{}\r\n", "at least 16 letters"),
        (b"{}\t{}", "at least 16 letters"),
        (b"Authorization: Bearer {}", "at least 16 letters"),
        ("{}é".encode(), "at least 16 letters"),
        ("{}\u00a0x".encode(), "at least 16 letters"),
        ("{}\u202e".encode(), "at least 16 letters"),
        (b"{}\x00{}", "at least 16 letters"),
        (b"{}\x7f", "at least 16 letters"),
        (b"\xff\xfe{}", "cannot be read (not UTF-8 text)"),
    ],
)
def test_a_file_that_holds_no_usable_token_is_refused_without_repeating_it(
    content: bytes, reason: str, tmp_path: Path, data: Path
) -> None:
    token = new_token()
    file = tmp_path / "token"
    file.write_bytes(content.replace(b"{}", token.encode()))
    message = refused(Settings(http_token_file=file), EVERYWHERE)
    assert message.startswith("BITRIX24_HTTP_TOKEN_FILE: ")
    assert reason in message
    assert token not in message
    own_token_file().parent.mkdir(parents=True)
    own_token_file().write_bytes(file.read_bytes())
    own_token_file().chmod(0o600)
    message = refused(Settings())
    assert message.startswith(f"{own_token_file()}: ")
    assert reason in message
    assert message.endswith("; delete the file, and the next start makes a new one")
    assert token not in message


def test_a_token_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for file, reason in ((tmp_path / "gone", "No such file or directory"), (tmp_path, "Is a directory")):
        message = refused(Settings(http_token_file=file), EVERYWHERE)
        assert message == f"BITRIX24_HTTP_TOKEN_FILE: the file cannot be read ({reason})"


def test_a_token_in_the_place_of_its_file_is_not_repeated() -> None:
    token = new_token()
    assert token not in refused(Settings(http_token_file=token))


# The token that this program makes


def test_a_token_is_made_at_the_first_start_and_stays(data: Path) -> None:
    token = own_token()
    assert len(token) >= 43
    assert (data / "http-token").read_text() == token + "\n"
    assert mode(data / "http-token") == 0o600
    assert mode(data) == 0o700
    assert list(data.iterdir()) == [data / "http-token"]
    written = (data / "http-token").stat().st_mtime_ns
    assert own_token() == token
    assert opened_by(open_door(Settings(), "127.0.0.1"), token) == Caller("owner")
    assert (data / "http-token").stat().st_mtime_ns == written


def test_each_user_has_a_token_of_their_own(data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    token = own_token()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "another"))
    assert own_token() != token


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o644, 0o620, 0o602])
def test_a_token_that_others_can_read_or_change_is_refused(bits: int, data: Path) -> None:
    token = own_token()
    own_token_file().chmod(bits)
    message = refused(Settings())
    assert message == (
        f"{own_token_file()} holds a token, and others can read or change it; delete the file, and the next start makes a new one"
    )
    assert token not in message
    own_token_file().unlink()
    assert own_token() != token


def test_servers_that_start_at_once_share_one_token(data: Path) -> None:
    start = Barrier(12)

    def first_start(_: int) -> str:
        start.wait()
        return own_token()

    with ThreadPoolExecutor(12) as pool:
        tokens = set(pool.map(first_start, range(12)))
    assert tokens == {own_token()}
    assert list(data.iterdir()) == [data / "http-token"]


@pytest.mark.parametrize("taken", ["", "data", "data/bitrix24-dialogs-mcp"])
def test_where_no_token_can_be_kept_another_way_is_named(taken: str, tmp_path: Path, data: Path) -> None:
    file = tmp_path / "home" / taken
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    assert refused(Settings()) == (
        f"A token cannot be kept in {own_token_file()} (Not a directory); set BITRIX24_HTTP_TOKEN_FILE to a file that"
        " holds one"
    )


def test_a_data_folder_that_cannot_even_be_looked_into_is_told(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/" + "x" * 300)
    assert "cannot be kept in" in refused(Settings())
    assert "(File name too long)" in refused(Settings())


def test_a_link_that_leads_nowhere_holds_no_token(data: Path, tmp_path: Path) -> None:
    data.mkdir(parents=True)
    own_token_file().symlink_to(tmp_path / "gone")
    assert "A token cannot be kept in" in refused(Settings())
    assert not (tmp_path / "gone").exists()


def test_a_disk_that_is_full_leaves_no_half_a_token(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        assert "(No space left on device)" in refused(Settings())
    assert list(data.iterdir()) == []
    assert own_token() == own_token()
