"""Texts for people in their language, and errors that are worded where they are read."""

import copy
import pickle
import subprocess
import sys

import pytest

from bitrix24_dialogs.language.phrase import Phrase, listed, reason_of, recognised
from bitrix24_dialogs.language.speech import Speech
from tests.language.strange import StrangeSpeech, strange

RUSSIAN = Speech("ru")


def test_english_is_the_text_itself() -> None:
    speech = Speech()
    assert speech("Join dialog {chat_id} as one more participant?", chat_id=7) == (
        "Join dialog 7 as one more participant?"
    )
    assert speech.count("({number} more line)", "({number} more lines)", 1) == "(1 more line)"
    assert speech.count("({number} more line)", "({number} more lines)", 5) == "(5 more lines)"
    assert speech.of(Phrase("user {user}", user=7)) == "user 7"


@pytest.mark.parametrize(("number", "words"), [(1, "(ещё 1 строка)"), (3, "(ещё 3 строки)"), (11, "(ещё 11 строк)")])
def test_russian_has_three_forms(number: int, words: str) -> None:
    assert RUSSIAN.count("({number} more line)", "({number} more lines)", number) == words


def test_what_nobody_translated_stays_as_it_is() -> None:
    assert RUSSIAN("Nobody ever wrote {this}.", this="that") == "Nobody ever wrote that."
    assert RUSSIAN.of("Nobody ever wrote {this}.") == "Nobody ever wrote {this}."
    assert RUSSIAN.of("") == ""
    assert RUSSIAN.of(Phrase("")) == ""


def test_a_value_is_never_a_template() -> None:
    assert RUSSIAN("{setting}: the file is empty", setting="{setting}") == "{setting}: файл пуст"
    assert Phrase("{setting}: the file is empty", setting="{0}") == "{0}: the file is empty"


def test_a_phrase_is_english_and_can_be_said_otherwise() -> None:
    reason = Phrase("unreadable")
    phrase = Phrase("{setting}: the file cannot be read ({reason})", setting="BITRIX24_CA_FILE", reason=reason)
    assert phrase == "BITRIX24_CA_FILE: the file cannot be read (unreadable)"
    assert f"{phrase}" == str(phrase)
    assert RUSSIAN.of(phrase) == "BITRIX24_CA_FILE: файл не удаётся прочитать (чтение невозможно)"
    assert RUSSIAN("--seed: {problem}", problem=reason) == "--seed: чтение невозможно"
    assert StrangeSpeech().of(phrase) == "BITRIX24_CA_FILE" + strange(": the file cannot be read (unreadable)")


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda phrase: pickle.loads(pickle.dumps(phrase))])  # noqa: S301
def test_a_copy_of_a_phrase_can_be_said_otherwise_too(copied: object) -> None:
    assert callable(copied)
    phrase = copied(Phrase("{setting}: the file is empty", setting="{x}"))
    assert phrase == "{x}: the file is empty"
    assert RUSSIAN.of(phrase) == "{x}: файл пуст"
    assert Phrase(phrase) is phrase


def test_several_phrases_are_one_and_stay_phrases() -> None:
    both = listed([Phrase("unreadable"), Phrase("{setting}: the file is empty", setting="X")])
    assert both == "unreadable; X: the file is empty"
    assert RUSSIAN.of(both) == "чтение невозможно; X: файл пуст"


def test_words_of_others_are_recognised() -> None:
    templates = ("argument {argument}: {problem}", "invalid choice: {value} (choose from {choices})")
    said = recognised("argument NAME: invalid choice: 'x: y' (choose from a, b)", templates)
    assert isinstance(said, Phrase)
    assert RUSSIAN.of(said) == "аргумент NAME: недопустимое значение: 'x: y' (возможны: a, b)"
    assert type(recognised("something else", templates)) is str


def test_a_reason_of_the_system_is_said_in_the_language() -> None:
    assert RUSSIAN.of(reason_of(PermissionError(13, "Permission denied"), "?")) == "нет прав доступа"
    assert RUSSIAN.of(reason_of(OSError(1, "Never heard of {it}"), "?")) == "Never heard of {it}"
    assert reason_of(OSError(), "unknown") == "unknown"


_MODULES = "; print(*sorted(name for name in sys.modules if not name.startswith('bitrix24_dialogs')))"
_ENGLISH = (
    "import sys; sys.addaudithook(lambda event, given: event == 'open' and str(given[0])[-3:] in {'.mo', '.po'} and 1/0)"
    "; from bitrix24_dialogs.language.speech import Speech; speech = Speech()"
    "; speech('usage: '); speech.of('options'); speech.count('a', 'b', 2)"
)


def printed(script: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=300
    ).stdout


def test_english_reads_no_catalogue_and_imports_nothing_for_it() -> None:
    """Whoever needs no other language pays nothing for there being one."""
    had = "import sys, argparse, dataclasses, gettext, pathlib, typing"
    assert set(printed(f"{_ENGLISH}{_MODULES}").split()) <= set(printed(f"{had}{_MODULES}").split())
    with pytest.raises(subprocess.CalledProcessError):
        printed(_ENGLISH.replace("Speech()", "Speech('ru')"))
