"""The catalogue is complete, and whatever would make it incomplete is found."""

from collections.abc import Callable
from pathlib import Path

import polib
import pytest

import translations
from bitrix24_dialogs.gateway.errors import _SYSTEM_CODES, error_from_body, error_from_page
from bitrix24_dialogs.language.phrase import Phrase
from bitrix24_dialogs.language.speech import Speech
from catalogue import compiled, mistakes, read, updated
from texts import NotLiteral, Text, all_texts, texts_in

HEAD = {"Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": "nplurals=3; plural=(n==1 ? 0 : n<5 ? 1 : 2);"}
ONE = Text("Read {file}.", "", "a.py")
MANY = Text("{number} line", "{number} lines", "b.py")


def filled() -> polib.POFile:
    """A catalogue of `ONE` and `MANY` that is as it should be."""
    catalogue = polib.POFile()
    catalogue.metadata = dict(HEAD)
    catalogue = updated(catalogue, [ONE, MANY])
    catalogue[0].msgstr = "Прочитать {file}."
    catalogue[1].msgstr_plural = {0: "{number} строка", 1: "{number} строки", 2: "{number} строк"}
    return catalogue


def test_every_text_of_the_server_is_translated_and_compiled() -> None:
    assert list(translations.problems(translations.PACKAGE, all_texts(translations.PACKAGE))) == []


def test_texts_of_every_kind_are_found() -> None:
    texts = {text.one for text in all_texts(translations.PACKAGE)}
    assert texts >= {
        "the portal answers",  # speech(...)
        "{number} more are switched off by {setting}.",  # speech.count(...)
        "The portal refused",  # Phrase(...)
        "{setting}: the file is empty",  # SettingsError(...)
        "`on` masks phone numbers and e-mail addresses in results.",  # a setting's description
        "Look at a dialog",  # a tool's title
        "Permission denied",  # the system's words
        "unrecognized arguments: {arguments}",  # argparse's
        "{place}: unknown field {name}",  # the emulated portal's
    }


@pytest.mark.parametrize(
    "call",
    [
        'speech("one", )',
        'self.speech("one")',
        'stage._speech("one")',
        'f(x, y=speech("one"))',
        'Phrase("one")',
        'raise SettingsError("o" "ne")',
        'speech("one", **values)',
    ],
)
def test_a_call_is_found_wherever_it_stands(call: str) -> None:
    assert [text.one for text in texts_in(f"\n{call}\n", "x.py")] == ["one"]


def test_counted_texts_are_found_and_others_are_not_taken_for_them() -> None:
    found = texts_in('speech.count("{number} a", "{number} b", len(x)); "abc".count("a", 1); names.count("x")', "x.py")
    assert [(text.one, text.many) for text in found] == [("{number} a", "{number} b")]


@pytest.mark.parametrize(
    "call",
    [
        'speech(f"one {two}")',
        'speech("one" + two)',
        "speech(one)",
        "speech(one, **values)",
        'speech("one {two}")',
        'speech("one", two=2)',
        'speech.count("one", many, 2)',
        "Phrase(one)",
        'SettingsError(f"one {two}")',
        'SettingsError("one %s" % two)',
    ],
)
def test_a_text_that_nobody_could_translate_is_refused(call: str) -> None:
    with pytest.raises(NotLiteral, match=r"x\.py, line 2"):
        list(texts_in(f"\n{call}\n", "x.py"))


def test_a_full_catalogue_has_no_mistakes() -> None:
    assert list(mistakes(filled(), [ONE, MANY])) == []


def _fuzzy(catalogue: polib.POFile) -> None:
    catalogue[0].flags = ["fuzzy"]


def _obsolete(catalogue: polib.POFile) -> None:
    catalogue.append(polib.POEntry(msgid="Gone", msgstr="Нет", obsolete=True))


def _two_forms(catalogue: polib.POFile) -> None:
    del catalogue[1].msgstr_plural[2]


def _says(number: int, text: str) -> Callable[[polib.POFile], None]:
    def change(catalogue: polib.POFile) -> None:
        if catalogue[number].msgid_plural:
            catalogue[number].msgstr_plural[2] = text
        else:
            catalogue[number].msgstr = text

    return change


@pytest.mark.parametrize(
    ("spoil", "mistake"),
    [
        (lambda catalogue: catalogue.pop(), "missing: '{number} line' (b.py)"),
        (lambda catalogue: catalogue.append(polib.POEntry(msgid="New")), "no longer used: 'New'"),
        (_obsolete, "obsolete: 'Gone'"),
        (_fuzzy, "fuzzy: 'Read {file}.' (a.py)"),
        (_says(0, " "), "empty: 'Read {file}.' (a.py)"),
        (_says(0, "Прочитать."), "other names in braces: 'Read {file}.' (a.py)"),
        (_says(0, "Прочитать {file} {line}."), "other names in braces: 'Read {file}.' (a.py)"),
        (_says(0, "Прочитать {file."), "other names in braces: 'Read {file}.' (a.py)"),
        (_says(0, "Прочитать {file}.\n"), "other blanks at its edges: 'Read {file}.' (a.py)"),
        (_says(1, ""), "empty: '{number} line' (b.py)"),
        (_says(1, "строк"), "other names in braces: '{number} line' (b.py)"),
        (_two_forms, "not as many forms as the language has: '{number} line' (b.py)"),
    ],
)
def test_each_mistake_is_found(spoil: Callable[[polib.POFile], object], mistake: str) -> None:
    catalogue = filled()
    spoil(catalogue)
    assert list(mistakes(catalogue, [ONE, MANY])) == [mistake]


def test_an_update_keeps_what_is_translated_and_proposes_what_is_alike() -> None:
    new = [Text("Read the {file}.", "", "a.py"), MANY, Text("Quite another one", "", "c.py")]
    catalogue = updated(filled(), new)
    assert [(entry.msgid, entry.msgstr, entry.flags) for entry in catalogue] == [
        ("Read the {file}.", "Прочитать {file}.", ["fuzzy"]),
        ("{number} line", "", []),
        ("Quite another one", "", []),
    ]
    assert catalogue[1].msgstr_plural == filled()[1].msgstr_plural


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with the translations of `ONE` and `MANY`."""
    (tmp_path / "language").mkdir()
    filled().save(str(tmp_path / "language" / "ru.po"))
    translations.write(tmp_path, [ONE, MANY])
    return tmp_path


def test_the_same_texts_give_the_same_bytes(package: Path) -> None:
    source, binary = package / "language" / "ru.po", package / "language" / "ru.mo"
    before = source.read_bytes(), binary.read_bytes()
    translations.write(package, [ONE, MANY])
    assert (source.read_bytes(), binary.read_bytes()) == before
    assert b"Date" not in before[0] + before[1]
    assert before[0].endswith(b'"\n')
    assert before[1] == compiled(read(source))
    assert list(translations.problems(package, [ONE, MANY])) == []


def test_a_compiled_file_that_is_not_of_its_source_is_found(package: Path) -> None:
    source, binary = package / "language" / "ru.po", package / "language" / "ru.mo"
    source.write_text(source.read_text(encoding="utf-8").replace("Прочитать", "Читать"), encoding="utf-8")
    assert list(translations.problems(package, [ONE, MANY])) == ["ru.mo is not what ru.po compiles to"]
    binary.unlink()
    assert list(translations.problems(package, [ONE, MANY])) == ["ru.mo is not what ru.po compiles to"]


def test_check_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    source = translations.PACKAGE / "language" / "ru.po"
    before = source.stat().st_mtime_ns
    assert translations.main(["--check"]) == 0
    assert capsys.readouterr().err == ""
    assert source.stat().st_mtime_ns == before


def test_the_compiled_file_says_what_the_source_says() -> None:
    speech = Speech("ru")
    for entry in read(translations.PACKAGE / "language" / "ru.po"):
        if not entry.msgid_plural:
            assert speech.of(entry.msgid) == entry.msgstr


def test_what_a_portal_may_answer_can_be_said_in_the_language() -> None:
    """The doctor shows these errors to people."""
    errors = [
        *(error_from_body(400, code, "") for code in (*_SYSTEM_CODES, "ACCESS_DENIED", "UNHEARD_OF")),
        *(error_from_body(status, "ACCESS_DENIED", "") for status in (401, 403, 500)),
        *(error_from_page(status, empty=empty) for status in (200, 401, 404, 500) for empty in (True, False)),
    ]
    speech = Speech("ru")
    for error in errors:
        for words in (error.what, error.advice):
            assert isinstance(words, Phrase), words
            assert speech.of(words) != words
