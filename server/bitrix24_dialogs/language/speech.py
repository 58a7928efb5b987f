"""Texts for people, in their language. The English text is the key; ``ru.po`` holds the Russian one."""

from dataclasses import dataclass
from functools import cached_property
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Literal

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
        return self._catalogue.gettext(text).format(**values)

    def count(self, one: str, many: str, number: int, /, **values: object) -> str:
        """The form of a text that goes with ``number``, which stands in it as ``{number}``."""
        return self._catalogue.ngettext(one, many, number).format(number=number, **values)

    @cached_property
    def _catalogue(self) -> NullTranslations:
        if self.code == "en":
            return NullTranslations()
        with (_HERE / f"{self.code}.mo").open("rb") as stream:
            return GNUTranslations(stream)
