"""The way in for text from the portal: BB code read, cleaned, made harmless, cut to size."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bitrix24_dialogs.presenting.bbcode import bbcode_to_text
from bitrix24_dialogs.presenting.defusing import defuse
from bitrix24_dialogs.presenting.hosts import name_hosts
from bitrix24_dialogs.presenting.links import hide_secrets
from bitrix24_dialogs.presenting.masking import mask_contacts
from bitrix24_dialogs.presenting.sanitise import clean, clean_counted, is_mark
from bitrix24_dialogs.presenting.untrusted import Cleaned

_ZWJ = "\u200d"
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")
_FLAG_LETTERS = ("\U0001f1e6", "\U0001f1ff")
_LONGEST_CLUSTER = 32

_LONGEST_TEXT = 20_000  # what a message of the portal may hold
_LONGEST_NAME = 2_000  # with its markup
_MOST_EXPANDED = 2 * _LONGEST_TEXT  # with the names of everybody mentioned
_MOMENT = re.compile(r"[0-9TWZ:.,+ -]{8,40}")


@dataclass(frozen=True)
class Cut:
    """A piece of a text.

    Attributes:
        text: The piece. It counts the hidden characters of the whole.
        length: Characters of the whole plain text the piece was taken from.
    """

    text: Cleaned
    length: int

    @property
    def is_cut(self) -> bool:
        """Whether the piece is less than the whole."""
        return len(self.text) < self.length


@dataclass(frozen=True)
class Words:
    """How words from the portal are turned into words for the assistant.

    Attributes:
        mask: Whether phone numbers and e-mail addresses are hidden.
        names: Names of users by number, for mentions that carry none.
        conceal: Hides what only the gateway knows to be secret. Cleaning puts together what a stranger has pulled
            apart, so it is the cleaned text that it gets.
    """

    mask: bool = False
    names: Mapping[int, str] = field(default_factory=dict)
    conceal: Callable[[str], str] = str

    def text(self, raw: str | None, limit: int) -> Cut:
        """Turn a text of several lines into plain safe text.

        Args:
            raw: The text as the portal stores it; None is an empty one.
            limit: The most characters wanted.

        Returns:
            The beginning of the text and its whole length. What the portal sends beyond the 20,000 characters
            that a message may hold, or names written into one, beyond twice that, is neither read nor counted.

        Source: behaviour 9, protocol 1.2 and 7.
        """
        return self.text_from(raw, 0, limit)

    def text_from(self, raw: str | None, start: int, limit: int) -> Cut:
        """Read a text on from where an earlier piece ended.

        Args:
            raw: The text as the portal stores it; None is an empty one.
            start: Characters of the whole plain text to leave out, as counted by the pieces read before.
            limit: The most characters wanted.

        Returns:
            The piece from `start` on and the length of the whole text. Pieces read one after another, each
            starting where the last one ended, add up to the whole.
        """
        whole = self._whole((raw or "")[:_LONGEST_TEXT])
        start = min(max(start, 0), len(whole))
        return Cut(Cleaned(whole[start : _border(whole, start, limit)], whole.removed), len(whole))

    def plain(self, raw: str, limit: int) -> Cut:
        """Turn a file's text into safe text. What looks like markup of the portal in it is none.

        Args:
            raw: The whole text.
            limit: The most characters wanted, 20,000 at most.

        Returns:
            The beginning of the text, and the length of it all, to which the part that is not read adds what it has.
        """
        text, removed = clean_counted(raw[:_MOST_EXPANDED])
        whole = self._harmless(text.strip())
        end = _border(whole, 0, min(limit, _LONGEST_TEXT))
        return Cut(Cleaned(whole[:end], removed), len(whole) + len(raw[_MOST_EXPANDED:]))

    def name(self, raw: str | None, limit: int = 100) -> Cleaned:
        """Turn a name, a title or a file name into one safe line.

        Args:
            raw: The name as the portal stores it; None is an empty one.
            limit: The most characters wanted.

        Returns:
            The name; a longer one ends in "…".
        """
        whole = self._whole((raw or "")[:_LONGEST_NAME])
        line = " ".join(whole.split())
        if len(line) > limit:
            line = f"{line[: _border(line, 0, limit - 1)].rstrip()}…"
        return Cleaned(line, whole.removed)

    def identifier(self, raw: str | None, limit: int = 255) -> Cleaned | None:
        """Give back an identifier, such as a USER_CODE, exactly as it is: changed in any way it finds nothing.

        Args:
            raw: The identifier as the portal stores it; square brackets in it are no markup.
            limit: The most characters wanted.

        Returns:
            The identifier, or None if it cannot be shown as it is: it is empty, longer, of several lines, has
            characters that a reader would not see, or holds what has to be hidden or defused.
        """
        if not raw or not raw.strip() or len(raw) > limit or "\n" in raw:
            return None
        is_plain = clean(raw) == unicodedata.normalize("NFC", raw)
        return Cleaned(raw) if is_plain and self._harmless(raw) == raw else None

    def moment(self, raw: str | None) -> str | None:
        """Give back a date and time as it is.

        Args:
            raw: The time as the portal sends it.

        Returns:
            The time, or None if it is not one in ISO 8601.
        """
        # Python alone would take any sign between the date and the time, a line end even.
        if not raw or not _MOMENT.fullmatch(raw):
            return None
        try:
            datetime.fromisoformat(raw)
        except ValueError:
            return None
        return raw

    def _whole(self, raw: str) -> Cleaned:
        text, removed = clean_counted(bbcode_to_text(raw, self.names)[:_MOST_EXPANDED])
        # Secrets are looked for again once the characters that may have split them are gone.
        return Cleaned(self._harmless(text.strip()), removed)

    def _harmless(self, text: str) -> str:
        return defuse(name_hosts(self._hidden(text)))

    def _hidden(self, text: str) -> str:
        text = hide_secrets(self.conceal(text))
        return mask_contacts(text) if self.mask else text


def _border(text: str, start: int, limit: int) -> int:
    """The last place to cut, at most `limit` after `start`, that splits no visible character."""
    end = start + max(limit, 0)
    if end >= len(text):
        return len(text)
    for place in range(end, max(start, end - _LONGEST_CLUSTER), -1):
        if not _is_inside(text, start, place):
            return place
    return end  # one heap of signs: what matters more is to get on


def _is_inside(text: str, start: int, place: int) -> bool:
    before, after = text[place - 1], text[place]
    if _ZWJ in {before, after} or is_mark(after) or _SKIN_TONES[0] <= after <= _SKIN_TONES[1]:
        return True
    return _is_flag_letter(before) and _is_flag_letter(after) and _flag_letters_before(text, start, place) % 2 == 1


def _flag_letters_before(text: str, start: int, place: int) -> int:
    count = 0
    while place - count > start and _is_flag_letter(text[place - count - 1]):
        count += 1
    return count


def _is_flag_letter(char: str) -> bool:
    return _FLAG_LETTERS[0] <= char <= _FLAG_LETTERS[1]
