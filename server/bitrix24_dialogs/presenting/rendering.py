"""Finished results as compact text, and their size.

Nothing is escaped and nothing is left out. What keeps a stranger's words from posing as fields is where they
stand: alone after a field's name, in quotes that they do not contain, or behind a bar at the start of the line.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

_BAR = "  | "
_SHORT = 100
_BARE_SIGNS = str.maketrans("", "", "-_.:/+%")


def render(result: Mapping[str, object]) -> str:
    """Write a structured result as text for a reader.

    Fields are `key: value` lines; short objects stand on their field's line, longer ones below it, indented;
    lists of objects are one line an object. Truth values are yes and no. The second and every further line of a
    text begins with a bar, so that no text can pose as a field or as another entry.

    Args:
        result: Nested mappings, sequences and scalars, without None. The keys are ours, the values anybody's.

    Returns:
        The text, with every value of the result in it.
    """
    return "\n".join(_block(result, ""))


def size(value: object) -> int:
    """Count the bytes of a structured result as it goes over the wire, in compact JSON.

    Args:
        value: Anything JSON can hold.

    Returns:
        The number of UTF-8 bytes.
    """
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


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
    # Every character that some reader takes for a line end counts as one.
    first, *others = value.splitlines() or [""]
    yield f"{head} {first}" if value else f'{head} ""'
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
        return _quoted(value)
    if _is_list(value) and value:
        line = _one_line_list(value)
        return None if line is None else f"[{line}]"
    return _scalar(value)


def _quoted(value: str) -> str | None:
    if value.translate(_BARE_SIGNS).isalnum():
        return value
    if '"' in value or value.splitlines() not in ([value], []):
        return None
    return f'"{value}"'


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, Mapping | list | tuple):
        return "none"  # only empty ones get here
    return str(value)


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)
