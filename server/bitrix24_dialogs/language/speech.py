"""Texts for people, in their language. The English text is the key; ``ru.po`` holds the Russian one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Literal

from bitrix24_dialogs.language.phrase import Phrase

Code = Literal["en", "ru"]

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Speech:
    """How people are spoken to.

    Attributes:
        code: their language.
    """

    code: Code = "en"

    def __call__(self, text: str, /, **values: object) -> str:
        """``text`` in the language, with ``values`` in place of the names that stand in braces."""
        return self._found(text).format(**self._worded(values))

    def count(self, one: str, many: str, number: int, /, **values: object) -> str:
        """The form of a text that goes with ``number``, which stands in it as ``{number}``."""
        return self._catalogue.ngettext(one, many, number).format(number=number, **self._worded(values))

    def of(self, text: str, /) -> str:
        """A text that was written elsewhere: a phrase, or one that stands in the catalogue as it is."""
        if isinstance(text, Phrase):
            return self(text.template, **text.values)
        return self._found(text)

    def _found(self, text: str) -> str:
        return self._catalogue.gettext(text) if text else ""  # under an empty key stand notes of the catalogue itself

    def _worded(self, values: Mapping[str, object]) -> dict[str, object]:
        return {name: self.of(value) if isinstance(value, Phrase) else value for name, value in values.items()}

    @cached_property
    def _catalogue(self) -> NullTranslations:
        if self.code == "en":
            return NullTranslations()
        with (_HERE / f"{self.code}.mo").open("rb") as stream:
            return GNUTranslations(stream)
