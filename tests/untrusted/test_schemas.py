"""Every text in every result passes the choke point, or is known to be our own."""

from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from bitrix24_dialogs.handlers.tools import published
from bitrix24_dialogs.presenting.results import result_dict, result_schema, untrusted_fields
from bitrix24_dialogs.presenting.untrusted import INVISIBLE_REMOVED, UNTRUSTED, Cleaned, Untrusted
from bitrix24_dialogs.presenting.words import Words
from bitrix24_dialogs.tools import all_tools
from tests.untrusted.poison import HOSTILE

TOOLS = {tool.name: tool for tool in all_tools()}

OUR_WORDS = {
    # our own sentences, with numbers and names of tools and settings in them
    *("why", "next", "read_on", "covers", "problem", "load_unknown"),
    # made from a number
    *("dialog_id", "works_from", "works_to"),
    # times, let through by Words.moment or made from a number
    *("time", "created", "started", "ended", "session_started", "waiting_since", "replies_until"),
    # names of scopes, of small letters, digits and dots
    "scopes",
    # what the assistant itself wants to say
    "Draft.text",
}
"""The fields with plain texts: by name, or of one class only."""


def plain_texts(kind: type, seen: set[type] | None = None) -> Iterator[str]:
    """The fields of a result class and of the classes in it that hold texts from nowhere."""
    seen = set() if seen is None else seen
    if kind in seen:
        return
    seen.add(kind)
    for name, hint in get_type_hints(kind, include_extras=True).items():
        for leaf in leaves(hint):
            if is_dataclass(leaf) and isinstance(leaf, type):
                yield from plain_texts(leaf, seen)
            elif leaf is str and not {name, f"{kind.__name__}.{name}"} & OUR_WORDS:
                yield f"{kind.__name__}.{name}"


def leaves(hint: Any) -> Iterator[Any]:
    """The types in a hint; untrusted text as `Untrusted`."""
    if get_origin(hint) is Annotated:
        marked = hint.__origin__ is Cleaned and UNTRUSTED in hint.__metadata__[0]
        yield from [Untrusted] if marked else leaves(hint.__origin__)
    elif get_origin(hint) in (Union, UnionType, tuple):
        for part in get_args(hint):
            if part not in (NoneType, Ellipsis):
                yield from leaves(part)
    else:
        yield hint


def unmarked(schema: dict[str, Any], name: str = "") -> Iterator[str]:
    """The texts that a published schema neither marks nor limits to a choice, except our own."""
    if schema["type"] == "object":
        for field, inner in schema["properties"].items():
            yield from unmarked(inner, field)
    elif schema["type"] == "array":
        yield from unmarked(schema["items"], name)
    elif schema["type"] == "string" and "enum" not in schema and UNTRUSTED not in schema.get("description", ""):
        yield name


@pytest.mark.parametrize("name", TOOLS)
def test_every_text_of_a_result_is_untrusted_a_choice_or_ours(name: str) -> None:
    assert list(plain_texts(TOOLS[name].result)) == []


@pytest.mark.parametrize("name", TOOLS)
def test_every_text_in_a_schema_is_marked_a_choice_or_ours(name: str) -> None:
    ours = {field.rpartition(".")[2] for field in OUR_WORDS}
    schema = published(TOOLS[name]).output_schema
    assert schema is not None
    assert set(unmarked(schema)) <= ours


def test_nothing_on_the_list_is_left_over() -> None:
    used = set()
    for tool in TOOLS.values():
        used |= set(unmarked(result_schema(tool.result)))
    assert used == {field.rpartition(".")[2] for field in OUR_WORDS}


@dataclass(frozen=True)
class Inner:
    note: str
    state: Literal["a", "b"]
    title: Untrusted


@dataclass(frozen=True, kw_only=True)
class Odd:
    why: str | None = None
    inner: Inner | None = None
    inners: tuple[Inner, ...] = ()
    more: tuple[str, ...] = ()
    cleaned: Cleaned | None = None
    names: tuple[Untrusted, ...] = ()
    said: Annotated[Untrusted | None, "untrusted text: somebody's"] = None


def test_a_text_that_bypasses_is_found() -> None:
    assert list(plain_texts(Odd)) == ["Inner.note", "Odd.more"]
    assert sorted(unmarked(result_schema(Odd))) == ["cleaned", "more", "note", "note", "why"]


def test_a_text_that_did_not_pass_the_choke_point_is_no_result() -> None:
    words = Words()
    assert result_dict(Odd(names=(words.name("Ann"),), said=words.name("hi"))) == {"names": ["Ann"], "said": "hi"}
    for bypassing in (
        Odd(said="hi"),  # type: ignore[arg-type]
        Odd(names=(words.name("Ann"), "hi")),  # type: ignore[arg-type]
        Odd(inner=Inner("ours", "a", f"{words.name('Ann')}!")),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError, match="has not passed the choke point"):
            result_dict(bypassing)


def test_an_object_counts_the_hidden_characters_of_its_own_texts() -> None:
    words = Words()
    hidden = words.text(HOSTILE, 10)
    inner = Inner("ours", "a", words.name("A\u202enn"))
    told = result_dict(Odd(inner=inner, inners=(inner,), names=(words.name("B\u200bo"), hidden.text)))
    assert told[INVISIBLE_REMOVED] == 1 + hidden.text.removed
    assert told["inner"][INVISIBLE_REMOVED] == told["inners"][0][INVISIBLE_REMOVED] == 1
    assert INVISIBLE_REMOVED not in result_dict(Odd(names=(words.name("Bo"),)))
    assert all(type(text) is str for text in told["names"])
    schema = result_schema(Odd)
    assert schema["properties"][INVISIBLE_REMOVED] == {"type": "integer"}
    assert INVISIBLE_REMOVED not in schema["required"]
    assert untrusted_fields(Odd(names=(words.name("Bo"),))) == ["names"]
