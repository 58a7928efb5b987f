"""The one choke point: nothing a stranger wrote leaves without passing `clean`.

What a reader cannot see must not reach the assistant either: invisible and direction-changing characters carry
hidden instructions and forged names. What a reader can see, in any script, stays.
"""

import unicodedata

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_JOINERS = frozenset((_ZWNJ, _ZWJ))
_SELECTORS = frozenset("\ufe0e\ufe0f")  # text or emoji style of the symbol before
_TRANSPARENT = _JOINERS | _SELECTORS

_LINE_ENDS = str.maketrans(
    {"\r": "\n", "\v": "\n", "\f": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n", "\t": " "}
)
# Assigned, not of a format category, and blank all the same: fillers, blanks, inherent vowels, old selectors.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc\U0001d159")
# Of a format category and yet visible: signs that enclose or precede Arabic and Kaithi numbers.
_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u0890\u0891\u08e2\U000110bd\U000110cd")

# Scripts whose spelling needs the joiners: Arabic and Syriac, the Indic ones, Myanmar, Khmer, Mongolian.
_JOINING_SCRIPTS = (
    ("\u0600", "\u08ff"),
    ("\u0900", "\u0dff"),
    ("\u1000", "\u109f"),
    ("\u1780", "\u18af"),
    ("\ufb50", "\ufdff"),
)
# England's, Scotland's and Wales's: the only emoji that are spelt with tag characters.
_FLAG = "\U0001f3f4"
_TAGGED_FLAGS = tuple(
    _FLAG + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
_NEW_EMOJI = ("\U0001f000", "\U0001fbff")
_MOST_MARKS = 4
_MOST_BLANK_LINES = 2


def clean(text: str) -> str:
    """Remove everything from a text that a reader would not see as it is.

    Gone are control, invisible, direction-changing, tag, filler, private and unassigned characters, lone
    surrogates, and heaps of combining marks; line ends become `\\n`, tabs blanks, and at most two blank lines
    follow each other. Right-to-left scripts, emoji and the joiners their spelling needs stay. The result is in
    NFC and cleaning it again changes nothing.

    Args:
        text: Any string, with lone surrogates even.

    Returns:
        The cleaned text, which always encodes to UTF-8.
    """
    return clean_counted(text)[0]


def clean_counted(text: str) -> tuple[str, int]:
    """Clean a text and say how much had to go.

    Args:
        text: Any string.

    Returns:
        The cleaned text and the number of characters removed. Line ends made uniform, blank lines collapsed
        and regions' flags made plain ones do not count: they hide nothing.
    """
    text = text.replace("\r\n", "\n").translate(_LINE_ENDS)
    for flag in _TAGGED_FLAGS:
        text = text.replace(flag, _FLAG)
    whole = len(text)
    text = text.translate({ord(char): None for char in set(text) if _is_hidden(char)})
    text = _limit_marks(text)
    removed = whole - len(text)

    # Only now: composing sorts every run of marks, at a cost that grows with the square of its length.
    text = unicodedata.normalize("NFC", text)
    whole = len(text)
    text = _drop_idle_joiners(_limit_marks(text))
    removed += whole - len(text)

    return _collapse_blank_lines(unicodedata.normalize("NFC", text)), removed


def one_line(text: str) -> str:
    """Clean a name or a title, which must not break out of its line.

    Args:
        text: Any string.

    Returns:
        The cleaned text with every run of blanks and line ends as a single blank, and none at its edges.
    """
    return " ".join(clean(text).split())


def is_mark(char: str) -> bool:
    """Say whether a character is drawn onto the one before it."""
    return unicodedata.combining(char) != 0 or unicodedata.category(char) in {"Mn", "Me"}


def _is_hidden(char: str) -> bool:
    match unicodedata.category(char):
        case "Cc":
            return char != "\n"
        case "Cf":
            return char not in _JOINERS and char not in _VISIBLE_FORMATS
        case "Cs" | "Co":
            return True
        case "Cn":
            # Not yet known to this Python, but where new emoji appear every year.
            return not _NEW_EMOJI[0] <= char <= _NEW_EMOJI[1]
        case "Mn":
            return char in _BLANKS or "\ufe00" <= char <= "\ufe0d" or char >= "\U000e0100"
        case _:
            return char in _BLANKS


def _limit_marks(text: str) -> str:
    marks = {char for char in set(text) if is_mark(char) and char not in _SELECTORS}
    if not marks:
        return text
    kept: list[str] = []
    run = 0
    for char in text:
        if char in marks:
            run += 1
        elif char not in _TRANSPARENT:
            run = 0
        if char not in marks or run <= _MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def _drop_idle_joiners(text: str) -> str:
    """Keep joiners and style selectors only where they do their work; elsewhere they are hidden data."""
    if _TRANSPARENT.isdisjoint(text):
        return text
    kept: list[str] = []
    base = before = ""
    for place, char in enumerate(text):
        after = text[place + 1 : place + 2]
        if char in _JOINERS:
            if not (_joins_letters(base, after) or (char == _ZWJ and _joins_emoji(base, after))):
                continue
        elif char in _SELECTORS:
            if not _takes_selector(before):
                continue
        elif not is_mark(char):
            base = char
        kept.append(char)
        before = char
    return "".join(kept)


def _joins_letters(base: str, after: str) -> bool:
    return bool(base and after) and all(
        unicodedata.category(char)[0] in "LM" and any(first <= char <= last for first, last in _JOINING_SCRIPTS)
        for char in (base, after)
    )


def _joins_emoji(base: str, after: str) -> bool:
    return _is_emoji(base) and (_is_emoji(after) or after in {"\u2194", "\u2195"})


def _is_emoji(char: str) -> bool:
    if not char:
        return False
    return _NEW_EMOJI[0] <= char <= _NEW_EMOJI[1] or unicodedata.category(char) == "So"


def _takes_selector(before: str) -> bool:
    if not before:
        return False
    return unicodedata.category(before)[0] in "SP" or before in "0123456789\u2139"


def _collapse_blank_lines(text: str) -> str:
    kept: list[str] = []
    blank = 0
    for line in text.split("\n"):
        blank = 0 if line.strip() else blank + 1
        if blank <= _MOST_BLANK_LINES:
            kept.append(line)
    return "\n".join(kept)
