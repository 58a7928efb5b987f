"""What may stand in operators.toml, and what is said about everything else."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitrix24_dialogs.callers.caller import Caller, new_token, token_sha256
from bitrix24_dialogs.callers.operators import load_callers, parse_callers
from bitrix24_dialogs.settings import SettingsError
from tests.gateway.harness import assert_one_line

HASH = token_sha256(b"one")
OTHER = token_sha256(b"another")
FILE = Path("operators.toml")


def callers(text: str) -> list[Caller]:
    return [holder.caller for holder in parse_callers(text, FILE).holders]


def refused(content: str | bytes, folder: Path) -> str:
    """How a file with that content is refused: in one line that names it."""
    file = folder / "operators.toml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return refused_file(file)


def refused_file(file: Path) -> str:
    with pytest.raises(SettingsError) as error:
        load_callers(file)
    assert error.value.__cause__ is None
    assert error.value.__context__ is None or error.value.__suppress_context__
    message = str(error.value)
    assert_one_line(message)
    assert message.startswith(str(file))
    return message


def test_callers_are_read_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "operators.toml"
    token = new_token()
    file.write_text(
        f'# ours\n[callers.eve]\ntoken_sha256 = "{token_sha256(token.encode())}"\nread_only = true\n'
        f'[callers."анна.к@x-1_"]\ntoken_sha256 = "{OTHER}"\nread_only = false\n',
        encoding="utf-8",
    )
    found = load_callers(file)
    assert [holder.caller for holder in found.holders] == [Caller("eve", read_only=True), Caller("анна.к@x-1_")]
    assert found.with_token(token.encode()) == Caller("eve", read_only=True)


@pytest.mark.parametrize(
    "text",
    [
        f'[callers.anna]\ntoken_sha256 = "{HASH}"\n',
        f"[callers.anna]\ntoken_sha256 = '{HASH}'",
        f'\ufeff[callers.anna]\r\ntoken_sha256 = "{HASH.upper()}"\r\n',
        f'[callers]\nanna = {{token_sha256 = "{HASH}"}}',
        f'callers.anna.token_sha256 = "{HASH}"',
    ],
    ids=["as it is written", "other quotes", "from Windows, in capitals", "inline", "dotted"],
)
def test_other_ways_to_write_the_same_are_read(text: str, tmp_path: Path) -> None:
    file = tmp_path / "operators.toml"
    file.write_bytes(text.encode())
    (holder,) = load_callers(file).holders
    assert (holder.caller, holder.token_sha256) == (Caller("anna"), HASH)


@pytest.mark.parametrize("text", ["", "\n", "# nobody yet\n", "[callers]\n", "callers = {}"])
def test_a_file_may_name_nobody(text: str) -> None:
    assert callers(text) == []


# What cannot be used. {} stands for a token that somebody pasted there.
MALFORMED: Mapping[str, tuple[str, str]] = {
    "no TOML": ("{}", "not valid TOML (mistake at "),
    "a table that does not end": ("[callers.anna\n{}", "); correct it by hand"),
    "text that does not end": ("[callers.anna]\ntoken_sha256 = '{}", "mistake at end of document"),
    "no quotes": ("[callers.anna]\ntoken_sha256 = {}", "line 2, column "),
    "a key twice": ('[callers.anna]\n"(at {})" = 1\n"(at {})" = 2\n', "line 3, column "),
    "a table twice": ('[callers."(at {}"]\n[callers."(at {}"]\n', "line 2, column "),
    "a day that is none": ("day = 2023-02-30 # {}", "line 1, column "),
    "a number beyond all measure": (f"number = {'9' * 5000} # {{}}", "far too long"),
    "nesting beyond all measure": (f"nested = {'[' * 100_000} # {{}}", "far too long"),
    "another table": ('[caller.anna]\ntoken_sha256 = "{}"', "nothing but tables named [callers.NAME]"),
    "a table besides": ("[callers.anna]\n[{}]", "nothing but tables named [callers.NAME]"),
    "keys alone": ("anna = '{}'", "nothing but tables named [callers.NAME]"),
    "callers as text": ("callers = '{}'", "nothing but tables named [callers.NAME]"),
    "a list of callers": ("[[callers]]\nname = '{}'", "nothing but tables named [callers.NAME]"),
    "a caller as text": ("callers.anna = '{}'", "[callers.anna]: it must be a table, with token_sha256 in it"),
    "a list of one caller": ("[[callers.anna]]\ntoken_sha256 = '{}'", "[callers.anna]: it must be a table"),
    "no hash": ("[callers.anna] # {}\nread_only = true", "[callers.anna]: token_sha256 must be 64 hexadecimal digits"),
    "the token itself": ("[callers.anna]\ntoken_sha256 = '{}'", "anew: bitrix24-dialogs-mcp caller rotate anna"),
    "a short hash": (f"[callers.anna] # {{}}\ntoken_sha256 = '{HASH[1:]}'", "caller rotate anna"),
    "a long hash": (f"[callers.anna] # {{}}\ntoken_sha256 = '{HASH}0'", "caller rotate anna"),
    "a hash with a space": (f"[callers.anna] # {{}}\ntoken_sha256 = '{HASH[1:]} '", "caller rotate anna"),
    "a hash with a line's end": (f"[callers.anna] # {{}}\ntoken_sha256 = '{HASH}\\n'".replace("'", '"'), "rotate anna"),
    "no text as hash": ("[callers.anna]\ntoken_sha256 = ['{}']", "caller rotate anna"),
    "a token besides": (f"[callers.anna]\ntoken_sha256 = '{HASH}'\ntoken = '{{}}'", "check the spelling"),
    "a token as key": (f"[callers.anna]\ntoken_sha256 = '{HASH}'\n{{}} = true", "check the spelling"),
    "a key of two lines": (f'[callers.anna]\ntoken_sha256 = "{HASH}"\n"a\\n{{}}" = true', "check the spelling"),
    "read_only misspelt": (
        f"[callers.anna] # {{}}\ntoken_sha256 = '{HASH}'\nreadonly = true",
        "[callers.anna]: nothing but token_sha256 and read_only may stand there; check the spelling",
    ),
    "read_only as text": (
        f"[callers.anna]\ntoken_sha256 = '{HASH}'\nread_only = 'yes {{}}'",
        "[callers.anna]: read_only must be true or false, without quotes",
    ),
    "read_only as number": (f"[callers.anna] # {{}}\ntoken_sha256 = '{HASH}'\nread_only = 1", "true or false"),
    "a token as name": (f"[callers.{{}}]\ntoken_sha256 = '{HASH}'", "a name has 1 to 64 letters"),
    "a name of two words": (f"[callers.'anna {{}}']\ntoken_sha256 = '{HASH}'", "a name has 1 to 64 letters"),
    "a name of two lines": (f'[callers."anna\\n{{}}"]\ntoken_sha256 = "{HASH}"', "a name has 1 to 64 letters"),
    "an empty name": (f"[callers.''] # {{}}\ntoken_sha256 = '{HASH}'", "a name has 1 to 64 letters"),
    "a long name": (f"[callers.{'n' * 65}] # {{}}\ntoken_sha256 = '{HASH}'", "a name has 1 to 64 letters"),
    "a name like an option": (f"[callers.-x] # {{}}\ntoken_sha256 = '{HASH}'", "begins with a letter or digit"),
    "a tab in a name": (f'[callers."a\\tb"] # {{}}\ntoken_sha256 = "{HASH}"', "a name has 1 to 64 letters"),
    "one token for two": (
        f"# {{}}\n[callers.anna]\ntoken_sha256 = '{HASH}'\n[callers.eve]\ntoken_sha256 = '{HASH.upper()}'",
        "anna and eve have the same token; to give eve another: bitrix24-dialogs-mcp caller rotate eve",
    ),
}


@pytest.mark.parametrize(("text", "words"), MALFORMED.values(), ids=MALFORMED)
def test_what_cannot_be_used_is_told_by_place_and_remedy_and_never_by_value(
    text: str, words: str, tmp_path: Path
) -> None:
    token = new_token()
    message = refused(text.replace("{}", token), tmp_path)
    assert words in message
    assert token[5:] not in message
    assert HASH[1:] not in message


def test_one_mistake_is_enough_to_use_nothing_of_the_file(tmp_path: Path) -> None:
    good = f'[callers.anna]\ntoken_sha256 = "{HASH}"\n'
    assert "[callers.eve]" in refused(good + '[callers.eve]\ntoken_sha256 = "?"\n', tmp_path)


def test_a_file_that_is_not_there_is_refused_with_the_command_that_makes_it(tmp_path: Path) -> None:
    message = refused_file(tmp_path / "operators.toml")
    assert message.endswith("is not there; make it with: bitrix24-dialogs-mcp caller add NAME")


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "operators.toml"
    file.symlink_to(tmp_path / "gone.toml")
    assert "is not there" in refused_file(file)


def test_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "operators.toml"
    file.symlink_to(file)
    assert "cannot be read (" in refused_file(file)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "cannot be read (Is a directory); it must be a file that this user may read" in refused_file(tmp_path)


def test_a_file_in_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be read (Not a directory)" in refused_file(tmp_path / "file" / "operators.toml")


def test_a_file_that_this_user_may_not_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "operators.toml"
    file.touch(mode=0o000)
    if os.access(file, os.R_OK):
        pytest.skip("this user may read everything")
    assert "cannot be read (Permission denied)" in refused_file(file)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    assert "is not UTF-8 text; save it as UTF-8" in refused("# продажи".encode("cp1251"), tmp_path)
    assert "is not UTF-8 text; save it as UTF-8" in refused("[callers.anna]".encode("utf-16"), tmp_path)


def test_a_huge_file_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    file = tmp_path / "operators.toml"
    with file.open("wb") as stream:
        stream.truncate(1 << 40)  # a hole: it takes no room on the disk
    assert "is larger than a megabyte" in refused_file(file)


def test_a_thousand_callers_are_no_huge_file(tmp_path: Path) -> None:
    file = tmp_path / "operators.toml"
    file.write_text("".join(f'[callers.n{n}]\ntoken_sha256 = "{token_sha256(str(n).encode())}"\n' for n in range(1000)))
    found = load_callers(file)
    assert found.with_token(b"0") == Caller("n0")
    assert found.with_token(b"999") == Caller("n999")
    assert found.with_token(b"1000") is None


PIECES = st.sampled_from(
    [
        "[callers.anna]\n",
        "[callers]\n",
        "[[callers.eve]]\n",
        "callers",
        ".eve",
        " = ",
        "=",
        "{",
        "}",
        "[",
        "]",
        '"',
        "'",
        '"""',
        "\n",
        "\r\n",
        "\r",
        "#",
        "\\",
        "\\u",
        "token_sha256",
        "read_only",
        "true",
        f'"{HASH}"',
        "1979-05-27",
        "T07:32:00Z",
        "1e9",
        "nan",
        ",",
        "\ufeff",
        "\0",
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES | st.text(max_size=3), max_size=20).map("".join)))
def test_any_text_is_callers_or_one_line_that_refuses_it(text: str) -> None:
    try:
        found = parse_callers(text, FILE)
    except SettingsError as error:
        assert_one_line(str(error))
        assert str(error).startswith("operators.toml")
    else:
        assert len(found.holders) == len(tomllib.loads(text).get("callers", {}))
