"""The way out for words: plain text that a portal and its channels show as it is, and do not carry out.

A portal reads BB code in every message: tags make buttons that call or write ([CALL], [SEND], [PUT]), links that say
another address than they lead to, and mentions of employees (protocol notes 1.2). It also reads character references
in stored texts, so a written-out bracket is one too, breaks the line at each "#BR#", and gives lines that begin with a
slash to chat bots. A client's text that an assistant repeats must do none of this.
"""

import re
from dataclasses import dataclass

from bitrix24_dialogs.presenting.sanitise import clean

_NO_BREAK_SPACE = "\u00a0"  # the portal cuts plain blanks off a text's beginning

# A bracket, also written out, also more than once over; and what a tag goes on with.
_WRITTEN_OUT = r"&(?:amp;|#0*38;|#x0*26;)*+(?:#0*91(?:;|(?!\d))|#x0*5b(?:;|(?![\da-f]))|lsqb;|lbrack;)"
_OPENING = re.compile(rf"(\[|{_WRITTEN_OUT})(?=[a-z/*&])", re.IGNORECASE | re.ASCII)
_LINE_END = re.compile(r"#(?=br#)", re.IGNORECASE)
_COMMAND = re.compile(r"^/", re.MULTILINE)


@dataclass(frozen=True)
class Outgoing:
    """A text made safe to be sent, and whether that changed it."""

    text: str
    adjusted: bool

    @classmethod
    def of(cls, given: str) -> "Outgoing":
        """``given``, made safe."""
        plain = plain_outgoing(given)
        return cls(plain, plain != given.replace("\r\n", "\n").strip())


def plain_outgoing(text: str) -> str:
    """Make a text safe to be sent.

    Hidden characters go. A blank after each sign that could open a tag or write out a line's end, and before each slash
    that could begin a command, keeps them from being read as such: the least that a reader sees, and nothing is lost.

    Args:
        text: What somebody wants to be said.

    Returns:
        The text as it can go; doing it again changes nothing.
    """
    text = _LINE_END.sub("# ", _OPENING.sub(r"\1 ", clean(text).strip()))
    return _COMMAND.sub(f"{_NO_BREAK_SPACE}/", text)
