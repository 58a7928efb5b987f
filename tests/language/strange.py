"""A language that nobody speaks: every letter of a text is another one, so that what was not put into it shows."""

from functools import cached_property
from gettext import NullTranslations
from string import Formatter

from bitrix24_dialogs.language.speech import Speech

_STRANGE = {ord(letter): ord(letter) + 0xFEE0 for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"}


def strange(text: str) -> str:
    """``text`` with other letters; names in braces, and so what is put there, stay as they are."""
    parts = []
    for words, name, _, _ in Formatter().parse(text):
        parts.append(words.translate(_STRANGE).replace("{", "{{").replace("}", "}}"))
        parts.append("" if name is None else f"{{{name}}}")
    return "".join(parts)


class _Catalogue(NullTranslations):
    def gettext(self, message: str) -> str:
        return strange(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return strange(msgid1 if n == 1 else msgid2)


class StrangeSpeech(Speech):
    """Speaks that language."""

    @cached_property
    def _catalogue(self) -> NullTranslations:
        return _Catalogue()
