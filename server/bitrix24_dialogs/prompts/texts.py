"""The prompts' words: one file for each prompt and language, Markdown below a head in TOML.

A line is a paragraph or an item of a list. ``[with NAME]`` before it keeps it only if there is such a tool for the
caller, or such an argument was given; ``[without NAME]`` only if not; several names are separated by commas.
``{NAME}`` stands for an argument's value, and ``#.`` for the number of a step.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bitrix24_dialogs.language.speech import Code

_HERE = Path(__file__).parent
_FENCE = "+++\n"
_CONDITION = re.compile(r"\[(with|without) ([\w, ]+)\] ")
_STEP = "#. "


@dataclass(frozen=True)
class Page:
    """A prompt's words in one language; ``arguments`` are their descriptions by their names."""

    title: str
    description: str
    arguments: Mapping[str, str]
    body: str


def read_page(language: Code, name: str) -> Page:
    """The words of the prompt ``name``."""
    import tomllib  # noqa: PLC0415 - only for who asks for prompts

    _, head, body = (_HERE / language / f"{name}.md").read_text(encoding="utf-8").split(_FENCE, 2)
    words = tomllib.loads(head)
    return Page(words["title"], words["description"], words["arguments"], body.strip())


def filled_in(body: str, tools: Collection[str], values: Mapping[str, object]) -> str:
    """The text for a caller who has ``tools`` and gave ``values``."""
    lines = _numbered(_kept(body.splitlines(), {*tools, *values}))
    text = re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), "\n".join(lines))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _kept(lines: Iterable[str], there: Collection[str]) -> Iterator[str]:
    for line in lines:
        rest, keep = line, True
        while condition := _CONDITION.match(rest):
            names = {name.strip() for name in condition[2].split(",")}
            keep &= names <= set(there) if condition[1] == "with" else names.isdisjoint(there)
            rest = rest[condition.end() :]
        if keep:
            yield rest


def _numbered(lines: Iterable[str]) -> Iterator[str]:
    step = 0
    for line in lines:
        step = step + 1 if line.startswith(_STEP) else 0
        yield f"{step}. {line.removeprefix(_STEP)}" if step else line
