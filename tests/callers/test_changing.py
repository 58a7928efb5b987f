"""Adding, rotating and removing callers: what becomes of the file, and of its every other line."""

import re
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bitrix24_dialogs.callers.caller import Caller, token_sha256
from bitrix24_dialogs.callers.operators import add_caller, load_callers, parse_callers, remove_caller, rotate_caller
from bitrix24_dialogs.settings import SettingsError
from tests.callers.changing import refused, with_token

HASH = token_sha256(b"one")
OTHER = token_sha256(b"another")


# What comes of it


def test_an_added_caller_may_call_with_the_token_and_the_file_holds_its_hash_alone(file: Path) -> None:
    token = add_caller(file, "anna", read_only=False)
    reading = add_caller(file, "reports", read_only=True)
    assert with_token(file, token) == Caller("anna")
    assert with_token(file, reading) == Caller("reports", read_only=True)
    text = file.read_text()
    assert token not in text
    assert text == (
        "# Who may call this server. Tokens are kept as hashes; make one with: bitrix24-dialogs-mcp caller add NAME\n\n"
        f'[callers.anna]\ntoken_sha256 = "{token_sha256(token.encode())}"\n\n'
        f'[callers.reports]\ntoken_sha256 = "{token_sha256(reading.encode())}"\nread_only = true\n'
    )


def test_a_rotated_token_replaces_the_old_one_and_nothing_else(file: Path) -> None:
    old = add_caller(file, "anna", read_only=True)
    other = add_caller(file, "eve", read_only=False)
    before = file.read_text()
    new = rotate_caller(file, "anna")
    assert with_token(file, old) is None
    assert with_token(file, new) == Caller("anna", read_only=True)
    assert with_token(file, other) == Caller("eve")
    assert file.read_text() == before.replace(token_sha256(old.encode()), token_sha256(new.encode()))


def test_a_removed_caller_is_gone_and_may_be_added_again(file: Path) -> None:
    old = add_caller(file, "anna", read_only=False)
    other = add_caller(file, "eve", read_only=False)
    remove_caller(file, "anna")
    assert with_token(file, old) is None
    assert with_token(file, other) == Caller("eve")
    new = add_caller(file, "anna", read_only=False)
    assert with_token(file, new) == Caller("anna")
    assert with_token(file, old) is None


def test_all_callers_may_be_removed_and_others_added(file: Path) -> None:
    add_caller(file, "anna", read_only=False)
    remove_caller(file, "anna")
    assert load_callers(file).holders == []
    assert with_token(file, add_caller(file, "eve", read_only=False)) == Caller("eve")


# Names


@pytest.mark.parametrize(
    "name", ["a", "7", "Anna", "anna.smith", "anna@example.com", "a-b_c", "анна", "ÅSA", "小林", "n" * 64, "é", "a..b"]
)
def test_a_good_name_is_kept_as_it_is(name: str, file: Path) -> None:
    assert with_token(file, add_caller(file, name, read_only=False)) == Caller(name)
    assert with_token(file, rotate_caller(file, name)) == Caller(name)
    remove_caller(file, name)
    assert load_callers(file).holders == []


BAD_NAMES = {
    "empty": "",
    "blank": " ",
    "two words": "anna smith",
    "two lines": "anna\nsmith",
    "a line's end": "anna\n",
    "a tab": "anna\t",
    "too long": "n" * 65,
    "like an option": "-x",
    "like a folder": "..",
    "a dot first": ".anna",
    "a path": "a/b",
    "a quote": 'a"b',
    "a bracket": "a]",
    "a control character": "a\x1b[31m",
    "half a character": "a\udcff",
    "right to left": "a\u202eb",
    "a token": "b24d_" + "x" * 43,
}


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES)
def test_a_bad_name_is_refused_without_repeating_it_and_makes_no_file(name: str, file: Path) -> None:
    message = refused(add_caller, file, name, read_only=False)
    assert message.startswith("This name cannot be used; a caller's name has 1 to 64 letters")
    if len(name) > 3:
        assert name not in message
    assert not file.exists()


def test_a_taken_name_is_refused_with_the_command_for_a_new_token(file: Path) -> None:
    token = add_caller(file, "anna", read_only=False)
    before = file.read_bytes()
    assert (
        refused(add_caller, file, "anna", read_only=True)
        == f"anna is in {file} already; for a new token: bitrix24-dialogs-mcp caller rotate anna"
    )
    assert file.read_bytes() == before
    assert with_token(file, token) == Caller("anna")


@pytest.mark.parametrize("change", [rotate_caller, remove_caller])
@pytest.mark.parametrize("name", ["eve", "Anna", "", "a\nb", "callers"])
def test_a_name_that_is_not_there_is_refused_without_repeating_it(
    change: Callable[[Path, str], Any], name: str, file: Path
) -> None:
    add_caller(file, "anna", read_only=False)
    before = file.read_bytes()
    assert (
        refused(change, file, name)
        == f"There is no such caller in {file}; for their names: bitrix24-dialogs-mcp caller list"
    )
    assert file.read_bytes() == before


@pytest.mark.parametrize("change", [rotate_caller, remove_caller])
def test_without_a_file_nobody_can_be_changed_and_nothing_is_made(
    change: Callable[[Path, str], Any], tmp_path: Path
) -> None:
    file = tmp_path / "folder" / "operators.toml"
    assert "is not there; make it with: bitrix24-dialogs-mcp caller add NAME" in refused(change, file, "anna")
    assert list(tmp_path.iterdir()) == []


# Everything else in the file

KEPT = f"""\
# Callers of our support team

  [callers.anna]   # Anna, early shift
    token_sha256   =   '{HASH}' # from 2 March
# may she write?
read_only=true


# Eve, nights
[callers."eve"]
token_sha256="{OTHER}"
# that is all"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_comments_order_and_form_are_kept(end: str, file: Path) -> None:
    kept = KEPT.replace("\n", end).encode()
    file.write_bytes(kept)
    add_caller(file, "bob", read_only=False)
    assert file.read_bytes().startswith(kept)
    remove_caller(file, "bob")
    assert file.read_bytes().rstrip() == kept
    new = token_sha256(rotate_caller(file, "anna").encode())
    quoted_anew = kept.replace(f"'{HASH}'".encode(), f'"{new}"'.encode())
    assert file.read_bytes().rstrip() == quoted_anew
    lines = file.read_bytes().split(b"\n")
    assert {line.endswith(b"\r") for line in lines[:-1]} == {end == "\r\n"}


def test_the_comment_above_the_next_caller_outlives_the_one_before(file: Path) -> None:
    file.write_text(KEPT)
    remove_caller(file, "anna")
    assert file.read_text() == (
        f'# Callers of our support team\n\n\n\n# Eve, nights\n[callers."eve"]\ntoken_sha256="{OTHER}"\n# that is all'
    )
    remove_caller(file, "eve")
    assert re.findall("#.*", file.read_text()) == ["# Callers of our support team", "# Eve, nights", "# that is all"]


SHAPES = st.sampled_from(
    [
        '[callers.{name}]\ntoken_sha256 = "{hash}"\n',
        "[callers.\"{name}\"]  # {name}\nread_only = false\ntoken_sha256 = '{hash}'\n\n# after {name}\n",
        "  [ callers . {name} ]\ntoken_sha256='''{hash}'''\nread_only=true # {name}\n",
        'callers.{name}.token_sha256 = "{hash}"\n',
        'callers.{name} = {{ token_sha256 = "{hash}", read_only = true }} # {name}\n',
        "\n# a remark\n",
        "[callers] # all\n",
    ]
)


def usable(text: str) -> bool:
    try:
        parse_callers(text, Path("operators.toml"))
    except SettingsError:
        return False
    return True


CHANGES = st.lists(st.tuples(st.sampled_from(["add", "rotate", "remove"]), st.integers(0, 5)), min_size=1, max_size=4)


@settings(max_examples=40)
@given(st.lists(SHAPES, max_size=5), st.booleans(), CHANGES)
def test_whatever_form_a_file_has_a_change_is_that_change_and_no_other(
    shapes: list[str], windows: bool, changes: list[tuple[str, int]]
) -> None:
    text = "".join(
        shape.format(name=f"n{index}", hash=token_sha256(str(index).encode())) for index, shape in enumerate(shapes)
    )
    assume(usable(text))
    expected = {name: dict(table) for name, table in tomllib.loads(text).get("callers", {}).items()}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "operators.toml"
        file.write_bytes((text.replace("\n", "\r\n") if windows else text).encode())
        for what, index in changes:
            name = f"n{index}"
            if (name in expected) == (what == "add"):
                continue
            if what == "add":
                expected[name] = {"token_sha256": token_sha256(add_caller(file, name, read_only=False).encode())}
            elif what == "rotate":
                expected[name]["token_sha256"] = token_sha256(rotate_caller(file, name).encode())
            else:
                remove_caller(file, name)
                del expected[name]
            assert tomllib.loads(file.read_text()).get("callers", {}) == expected
        if "remove" not in dict(changes):
            assert re.findall("#.*", file.read_text()) == re.findall("#.*", text)


def test_a_form_that_cannot_be_kept_is_left_alone(file: Path) -> None:
    text = f'callers = {{ anna = {{ token_sha256 = "{HASH}" }} }} # in one line\n'
    file.write_text(text)
    assert refused(add_caller, file, "eve", read_only=False) == (
        f"{file} is written in a way that this command cannot change; begin each caller with a line [callers.NAME], or"
        " change it by hand"
    )
    assert file.read_text() == text
    assert with_token(file, rotate_caller(file, "anna")) == Caller("anna")


# A file with mistakes

BROKEN = f"""\
[callers.anna]
token_sha256 = "?"
[callers.eve]
[callers.bob]
token_sha256 = "{HASH}"
[callers.joe]
token_sha256 = "{HASH}"
[callers.max]
token_sha256 = "{OTHER}"
readonly = true
[callers."two words"]
[callers]
sue = "{HASH}"
"""


def test_what_an_error_recommends_mends_the_file(file: Path) -> None:
    file.write_text(BROKEN)
    for _ in range(20):
        try:
            load_callers(file)
        except SettingsError as error:
            recommended = re.search(r"caller rotate (\w+)$", str(error))
            if recommended:
                rotate_caller(file, recommended[1])
            elif "must be a table" in str(error):
                remove_caller(file, "sue")
            elif "a name has" in str(error):
                remove_caller(file, "two words")
            else:
                assert "check the spelling" in str(error)
                file.write_text(file.read_text().replace("readonly", "read_only"))
        else:
            break
    assert [holder.caller for holder in load_callers(file).holders] == [
        Caller("anna"),
        Caller("eve"),
        Caller("bob"),
        Caller("joe"),
        Caller("max", read_only=True),
    ]


def test_nobody_is_added_to_a_file_with_mistakes(file: Path) -> None:
    file.write_text(BROKEN)
    assert "[callers.anna]: token_sha256 must be" in refused(add_caller, file, "new", read_only=False)
    assert file.read_text() == BROKEN


def test_a_caller_with_another_mistake_gets_no_token_that_would_not_work(file: Path) -> None:
    file.write_text(BROKEN)
    assert "check the spelling" in refused(rotate_caller, file, "max")
    assert "must be a table" in refused(rotate_caller, file, "sue")
    assert "a name has" in refused(rotate_caller, file, "two words")
    assert file.read_text() == BROKEN


@pytest.mark.parametrize("text", ["[callers.anna", "callers = 1\n", "[callers.anna]\n[other]\n"])
def test_what_is_no_list_of_callers_is_left_alone(text: str, file: Path) -> None:
    file.write_text(text)
    for change in (add_caller, rotate_caller, remove_caller):
        options = {"read_only": False} if change is add_caller else {}
        assert refused(change, file, "anna", **options).startswith(str(file))
    assert file.read_text() == text
