"""Every text for people in the server's source, as the key under which its translation is kept."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

_WORDED = re.compile(r"[^\W\d_]")
_TAKES_LITERALS = {"speech": 1, "Phrase": 1, "SettingsError": 1}


@dataclass(frozen=True)
class Text:
    """A text for people.

    Attributes:
        one: the English text; the one for a single thing where it counts something.
        many: the English text for several things; empty where nothing is counted.
        file: where it was first found, from the package on.
    """

    one: str
    many: str
    file: str

    @property
    def placeholders(self) -> frozenset[str]:
        """The names that stand in braces."""
        return placeholders(self.one)


class NotLiteral(Exception):
    """A text cannot be found because it is put together where it is used, or its values are not those it names."""


def placeholders(text: str) -> frozenset[str]:
    """The names that stand in braces in ``text``.

    Raises:
        ValueError: the braces are not in order.
    """
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def all_texts(package: Path) -> list[Text]:
    """All texts of the package, each once, in the order in which they are found.

    Raises:
        NotLiteral: a text is made at run time.
    """
    found: dict[tuple[str, str], Text] = {}
    for text in (*_in_source(package), *_of_declarations()):
        if _WORDED.search(re.sub(r"{\w+}", "", text.one)):
            found.setdefault((text.one, text.many), text)
    return list(found.values())


def _in_source(package: Path) -> Iterator[Text]:
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if name != "language/phrase.py":  # where phrases are made
            yield from texts_in(path.read_text(encoding="utf-8"), name)


def texts_in(source: str, name: str) -> Iterator[Text]:
    """The texts that stand in calls in ``source``.

    Raises:
        NotLiteral: one of them is made at run time.
    """
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        function = _name(call.func)
        counts = function == "count" and isinstance(call.func, ast.Attribute) and _name(call.func.value) == "speech"
        number = 2 if counts else _TAKES_LITERALS.get(function, 0)
        if not number or _is_made_elsewhere(function, call):
            continue
        literals = [one.value for one in call.args[:number] if isinstance(one, ast.Constant)]
        if len(literals) < number or not all(isinstance(one, str) for one in literals):
            raise NotLiteral(f"{name}, line {call.lineno}: the text is no plain literal, so nobody can translate it")
        given = {keyword.arg for keyword in call.keywords if keyword.arg} | ({"number"} if counts else set())
        if not _passes_on(call) and any(
            placeholders(one) - given or given - placeholders(one) - {"number"} for one in literals
        ):
            raise NotLiteral(f"{name}, line {call.lineno}: its values are not those that stand in braces")
        yield Text(literals[0], literals[1] if counts else "", name)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr.lstrip("_") if isinstance(node, ast.Attribute) else ""


def _is_made_elsewhere(function: str, call: ast.Call) -> bool:
    """Whether an error is made from a phrase, which was found where it is made."""
    if function == "speech" or not call.args:
        return False
    made = (ast.Call, ast.Attribute) if function == "SettingsError" else ()
    return isinstance(call.args[0], made) or (_passes_on(call) and isinstance(call.args[0], ast.Name))


def _passes_on(call: ast.Call) -> bool:
    return any(keyword.arg is None for keyword in call.keywords)


def _of_declarations() -> Iterator[Text]:
    """Texts that are no arguments: what is declared once and shown in several places."""
    from bitrix24_dialogs.cli.portal import SEED_TEMPLATES  # noqa: PLC0415 - the source can be read without running it
    from bitrix24_dialogs.cli.speaking_parser import TEMPLATES  # noqa: PLC0415
    from bitrix24_dialogs.language.phrase import SYSTEM_REASONS  # noqa: PLC0415
    from bitrix24_dialogs.settings import describe_settings  # noqa: PLC0415
    from bitrix24_dialogs.tools import all_tools  # noqa: PLC0415

    for file, texts in (
        ("cli/portal.py", SEED_TEMPLATES),
        ("cli/speaking_parser.py", TEMPLATES),
        ("language/phrase.py", SYSTEM_REASONS),
        ("settings.py", [description for _, _, description in describe_settings()]),
        ("tools/", [tool.title for tool in all_tools()]),
    ):
        for text in texts:
            yield Text(text, "", file)
