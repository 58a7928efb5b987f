"""The portal's BB code as plain text.

The reader is a tokenizer and a short stack. Only tags whose text depends on their content open a frame, and at
most one frame of a kind is open at a time, so nesting is bounded by the number of kinds whatever is sent.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bitrix24_dialogs.presenting.links import hide_secrets, readable_address

# Possessive repetition and no brackets inside a tag: every character is looked at a fixed number of times.
_TOKEN = re.compile(
    r"\[(?P<close>/?)(?P<name>[a-z]++)(?P<argument>[= ][^\[\]\n]*+)?\]|(?P<break><br *+/?>)", re.IGNORECASE
)
_ENTITIES = {
    "&quot;": '"',
    "&lt;": "<",
    "&gt;": ">",
    "&amp;": "&",
    "&apos;": "'",
    "&nbsp;": " ",
    "&#39;": "'",
    "&#039;": "'",
    "&#x27;": "'",
    "&#91;": "[",
    "&#93;": "]",
}
_ENTITY = re.compile("|".join(_ENTITIES), re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,12}", re.ASCII)

_STYLES = frozenset({"b", "i", "u", "s", "size", "color", "font"})
_BLOCKS = frozenset({"code", "quote"})
_FRAMES = frozenset({"url", "user", "chat", "dialog", "img", "send", "put", "call", "context"})
_LONE = frozenset({"br", "icon", "disk", "attach", "rating", "timestamp"})
_KNOWN = _STYLES | _BLOCKS | _FRAMES | _LONE

_NO_ARGUMENT = frozenset({"b", "i", "u", "s", "br"})
_ARGUMENT_NEEDED = _LONE - {"br"} | _FRAMES - {"url", "img"}
_NAMED_ARGUMENTS = frozenset({"img", "disk"})

_HISTORY_LINK = "/online/?IM_HISTORY="
_LONGEST_NAME = 200


def bbcode_to_text(raw: str, names: Mapping[int, str] | None = None) -> str:
    """Write a message's BB code and escaped HTML as the plain text a reader of the portal would see.

    Styling vanishes, links show where they lead, mentions become names. Square brackets that are no tag of the
    portal stay as written: clients write things like "[order 5]". Takes linear time and never fails.

    Args:
        raw: The text as the portal stores it.
        names: Names of users by number, for mentions that carry none, as system messages do. The beginning of
            a very long one stands for it: a text may mention it a thousand times.

    Returns:
        Plain text, not yet sanitised; see `sanitise.clean`.

    Source: behaviour 9 (system messages), protocol 1.2 (BB codes in messages).
    """
    return _Reader(names or {}).read(raw)


@dataclass
class _Frame:
    """An open tag as it was written, and the text gathered since."""

    kind: str = ""
    argument: str = ""
    source: str = ""
    parts: list[str] = field(default_factory=list)


class _Reader:
    """Reads one message."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self._names = names
        self._frames = [_Frame()]
        self._in_code = False

    def read(self, raw: str) -> str:
        end = 0
        for token in _TOKEN.finditer(raw):
            self._add(_decode(raw[end : token.start()]))
            self._take(token)
            end = token.end()
        self._add(_decode(raw[end:]))
        self._unwind_to(1)
        return hide_secrets("".join(self._frames[0].parts))

    def _take(self, token: re.Match[str]) -> None:
        if token["break"]:
            self._add("\n")
            return
        kind, argument = token["name"].lower(), token["argument"] or ""
        # What stands in a code block is shown as typed, up to the tag that ends it.
        if (self._in_code and not (kind == "code" and token["close"])) or not _is_tag(kind, argument):
            self._add(_decode(token[0]))
        elif token["close"]:
            self._close(kind)
        elif kind in _ARGUMENT_NEEDED and not argument:
            self._add(token[0])
        else:
            self._open(_Frame(kind, _decode(argument[1:]).strip(" \"'"), _decode(token[0])))

    def _open(self, tag: _Frame) -> None:
        if tag.kind in _BLOCKS:
            self._break_line()
            self._in_code = tag.kind == "code"
        elif tag.kind in _LONE:
            text = _lone(tag.kind, tag.argument)
            self._add(tag.source if text is None else text)
        elif tag.kind in _FRAMES:
            self._unwind_to(self._depth_of(tag.kind))
            self._frames.append(tag)

    def _close(self, kind: str) -> None:
        if kind in _BLOCKS:
            self._break_line()
            self._in_code = False
        depth = self._depth_of(kind)
        if depth < len(self._frames):
            self._unwind_to(depth + 1)
            frame = self._frames.pop()
            self._add(self._text_of(frame, "".join(frame.parts)))

    def _depth_of(self, kind: str) -> int:
        """Where the open tag of this kind stands; past the end if there is none."""
        kinds = [frame.kind for frame in self._frames]
        return kinds.index(kind) if kind in kinds else len(kinds)

    def _unwind_to(self, depth: int) -> None:
        """Give tags that were never closed back as written: the portal shows them so."""
        while len(self._frames) > depth:
            frame = self._frames.pop()
            self._add(frame.source)
            self._add("".join(frame.parts))

    def _text_of(self, frame: _Frame, label: str) -> str:
        match frame.kind:
            case "url":
                return _link(label, frame.argument)
            case "img":
                return _image(label)
            case "user":
                return label if label.strip() else self._user(frame.argument)
            case "chat" | "dialog":
                return label if label.strip() else f"chat {frame.argument.removeprefix('chat')}"
            case "call" if label.strip() not in {"", frame.argument}:
                return f"{label} <tel:{readable_address(frame.argument)}>"
            case "context":
                return label
            case _:
                return label if label.strip() else frame.argument

    def _user(self, argument: str) -> str:
        number = _NUMBER.match(argument)
        if number is None:
            return argument
        return self._names.get(int(number[0]), "")[:_LONGEST_NAME] or f"user {int(number[0])}"

    def _add(self, text: str) -> None:
        if text:
            self._frames[-1].parts.append(text)

    def _break_line(self) -> None:
        parts = self._frames[-1].parts
        if parts and not parts[-1].endswith("\n"):
            parts.append("\n")


def _is_tag(kind: str, argument: str) -> bool:
    """Tell a tag from a client's own words in brackets, such as "[user 5 times]"."""
    if kind not in _KNOWN:
        return False
    if not argument:
        return True
    if kind in _NO_ARGUMENT:
        return False
    return argument[0] == "=" or (kind in _NAMED_ARGUMENTS and "=" in argument)


def _link(label: str, argument: str) -> str:
    """A link as text: its label, and its target wherever the label does not already spell it."""
    plain = label.strip()
    target = argument or plain
    if target.startswith(_HISTORY_LINK):
        return label if plain else f"conversation {target.rpartition('|')[2]}"
    if not argument and len(plain.split()) != 1:
        return label
    if not plain or plain in _spellings(target):
        return readable_address(target)
    return f"{label} <{readable_address(target)}>"


def _image(address: str) -> str:
    return f"image <{readable_address(address)}>" if len(address.split()) == 1 else address


def _spellings(target: str) -> Iterator[str]:
    """The ways of writing a web address that say the same."""
    yield target
    yield target.rstrip("/")
    _, _, bare = target.partition("://")
    yield bare
    yield bare.rstrip("/")


def _lone(kind: str, value: str) -> str | None:
    """The text of a tag that has no content; None if it is none after all."""
    number = _NUMBER.search(value)
    match kind:
        case "br":
            return "\n" if not value else None
        case "icon":
            title = value.partition("title=")[2].strip("\"'")
            return re.split(r"[\"']| \w+=", title, maxsplit=1)[0]
        case "timestamp":
            return _moment(int(number[0])) if number else None
        case "rating":
            return f"{value} of 5" if value in {"1", "2", "3", "4", "5"} else None
        case "disk":
            return f"file {number[0]}" if number else None
        case _:
            return f"attachment {number[0]}" if number else None


def _moment(seconds: int) -> str:
    """A Unix time in words; times past the calendar stay numbers."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _decode(text: str) -> str:
    """Undo the portal's HTML escaping, once: what a client typed as an entity stays one."""
    return _ENTITY.sub(lambda entity: _ENTITIES[entity[0].lower()], text)
