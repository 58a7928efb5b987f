"""Finished results as compact text, and their size.

What keeps a stranger's words from posing as ours is where they stand: in quotes that they do not contain, or, of
several lines, alone after a field's name and behind a bar at the start of every further line. Only a single word
or value stands as it is.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

_BAR = "  | "
_SHORT = 100
_BARE_SIGNS = str.maketrans("", "", "-_.:/+%")
_DEEPEST = 12
_LONGEST_NUMBER = 10_000  # bits


def render(result: Mapping[str, object]) -> str:
    """Write a structured result as text for a reader.

    Fields are `key: value` lines; short objects stand on their field's line, longer ones below it, indented;
    lists of objects are one line an object. Truth values are yes and no. Words are `quoted`; the second and every
    further line of a longer text begins with a bar, so that no text can pose as a field or as another entry.

    Args:
        result: Anything JSON can hold, however deep. The keys are ours, the values anybody's.

    Returns:
        The text, with every value of the result in it; what nests deeper than anybody reads is `"…"`.
    """
    return "\n".join(_block({key: _shallow(value, 1) for key, value in result.items()}, ""))


def quoted(text: str) -> str:
    """Write a name or another text of one line so that it can stand among our own words.

    Args:
        text: The text; line ends in it become blanks.

    Returns:
        The text in double quotes. Those inside it become single ones, so that no text can close them.
    """
    return '"{}"'.format(" ".join(text.splitlines()).replace('"', "'"))


def size(value: object) -> int:
    """Count the bytes of a structured result as it goes over the wire, in compact JSON.

    Args:
        value: Anything JSON can hold.

    Returns:
        The number of UTF-8 bytes.
    """
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def _shallow(value: object, depth: int) -> object:
    """The value without its depths, which keeps the work linear."""
    if isinstance(value, Mapping) and value:
        return {key: _shallow(inner, depth + 1) for key, inner in value.items()} if depth < _DEEPEST else "…"
    if _is_list(value) and value:
        return [_shallow(inner, depth + 1) for inner in value] if depth < _DEEPEST else "…"
    return value


def _block(fields: Mapping[str, object], indent: str) -> Iterator[str]:
    for key, value in fields.items():
        yield from _field(f"{indent}{key}:", value, indent)


def _field(head: str, value: object, indent: str) -> Iterator[str]:
    if isinstance(value, str):
        yield from _text(head, value, indent)
    elif isinstance(value, Mapping) and value:
        line = _one_line_object(value)
        if line is not None and len(line) <= _SHORT:
            yield f"{head} {line}"
        else:
            yield head
            yield from _block(value, f"{indent}  ")
    elif _is_list(value) and value:
        line = _one_line_list(value)
        if line is not None:
            yield f"{head} {line}"
        else:
            yield head
            for item in value:
                yield from _item(item, indent)
    else:
        yield f"{head} {_scalar(value)}"


def _item(item: object, indent: str) -> Iterator[str]:
    if isinstance(item, Mapping) and item:
        row, below = _split(item)
        yield " ".join([f"{indent}-", *row])
        yield from _block(below, f"{indent}  ")
    else:
        yield from _field(f"{indent}-", item, f"{indent}  " if _is_list(item) else indent)


def _split(item: Mapping[str, object], prefix: str = "") -> tuple[list[str], dict[str, object]]:
    """What of an object fits into one row, inner objects included, and what has to stand below it."""
    row: list[str] = []
    below: dict[str, object] = {}
    for key, value in item.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            inner_row, inner_below = _split(value, f"{name}.")
            row += inner_row
            below |= inner_below
        elif (text := _inline(value)) is not None:
            row.append(f"{name}={text}")
        else:
            below[name] = value
    return row, below


def _text(head: str, value: str, indent: str) -> Iterator[str]:
    if (line := _one_line_text(value)) is not None:
        yield f"{head} {line}"
        return
    # Every character that some reader takes for a line end counts as one.
    first, *others = value.splitlines()
    yield f"{head} {first}"
    for line in others:
        yield f"{indent}{_BAR}{line}"


def _one_line_object(value: Mapping[str, object]) -> str | None:
    row, below = _split(value)
    return None if below else ", ".join(row)


def _one_line_list(values: Sequence[object]) -> str | None:
    if any(_is_list(value) or isinstance(value, Mapping) for value in values):
        return None
    texts = [_inline(value) for value in values]
    return None if None in texts else ", ".join(text for text in texts if text is not None)


def _inline(value: object) -> str | None:
    """A value as it may stand among others on a line; None if it needs a line of its own."""
    if isinstance(value, str):
        return _one_line_text(value)
    if _is_list(value) and value:
        line = _one_line_list(value)
        return None if line is None else f"[{line}]"
    return _scalar(value)


def _one_line_text(value: str) -> str | None:
    if value.translate(_BARE_SIGNS).isalnum():
        return value
    return quoted(value) if len(value.splitlines()) <= 1 else None


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, Mapping | list | tuple):
        return "none"  # only empty ones get here
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:
        return hex(value)  # Python refuses to write it in decimal
    return str(value)


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)
