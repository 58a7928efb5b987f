"""The way in for text from the portal: BB code read, cleaned, contacts hidden if wanted, cut to size."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bitrix24_dialogs.presenting.bbcode import bbcode_to_text
from bitrix24_dialogs.presenting.links import hide_secrets
from bitrix24_dialogs.presenting.masking import mask_contacts
from bitrix24_dialogs.presenting.sanitise import clean, is_mark, one_line

_ZWJ = "\u200d"
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")
_FLAG_LETTERS = ("\U0001f1e6", "\U0001f1ff")
_LONGEST_CLUSTER = 32


@dataclass(frozen=True)
class Cut:
    """A piece of a text.

    Attributes:
        text: The piece.
        length: Characters of the whole text the piece was taken from.
    """

    text: str
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
    """

    mask: bool = False
    names: Mapping[int, str] = field(default_factory=dict)

    def text(self, raw: str | None, limit: int) -> Cut:
        """Turn a text of several lines into plain safe text.

        Args:
            raw: The text as the portal stores it; None is an empty one.
            limit: The most characters wanted.

        Returns:
            The beginning of the text and its whole length.

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
        whole = self._whole(raw)
        start = min(max(start, 0), len(whole))
        return Cut(whole[start : _border(whole, start, limit)], len(whole))

    def name(self, raw: str | None, limit: int = 100) -> str:
        """Turn a name, a title or a file name into one safe line.

        Args:
            raw: The name as the portal stores it; None is an empty one.
            limit: The most characters wanted.

        Returns:
            The name; a longer one ends in "…".
        """
        line = one_line(self._whole(raw))
        if len(line) <= limit:
            return line
        return f"{line[: _border(line, 0, limit - 1)].rstrip()}…"

    def _whole(self, raw: str | None) -> str:
        # Secrets are looked for again once the characters that may have split their names are gone.
        text = hide_secrets(clean(bbcode_to_text(raw or "", self.names))).strip()
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
