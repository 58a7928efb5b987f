import json
import re

import pytest
from hostile import properties
from hypothesis import given
from hypothesis import strategies as st

from bitrix24_dialogs.presenting.rendering import quoted, render, size


def test_scalars_are_lines() -> None:
    assert render({"id": 5, "pinned": True, "silent": False, "share": 0.5, "title": "Заказ 5", "note": ""}) == (
        'id: 5\npinned: yes\nsilent: no\nshare: 0.5\ntitle: "Заказ 5"\nnote: ""'
    )


def test_a_short_object_is_one_line_and_a_long_one_several() -> None:
    assert render({"owner": {"id": 7, "name": "Anna P"}}) == 'owner: id=7, name="Anna P"'
    assert render({"owner": {"id": 7, "note": "x" * 100}}) == f"owner:\n  id: 7\n  note: {'x' * 100}"


def test_lists() -> None:
    result = {
        "ids": [1, 2],
        "names": ["Anna P", "Bob"],
        "none": [],
        "nothing": {},
        "lines": ['say "hi"', "a\nb"],
        "grid": [[1, 2], [[3], ["x\ny"]]],
    }
    assert render(result).splitlines() == [
        "ids: 1, 2",
        'names: "Anna P", Bob',
        "none: none",
        "nothing: none",
        "lines:",
        "- \"say 'hi'\"",
        "- a",
        "  | b",
        "grid:",
        "- 1, 2",
        "-",
        "  - 3",
        "  -",
        "    - x",
        "      | y",
    ]


def test_a_list_of_objects_is_a_line_each() -> None:
    result = {
        "dialogs": [
            {"chat_id": 5, "operator": {"id": 7, "name": "Anna P"}, "tags": ["a", "b c"], "extra": {}, "pinned": True},
            {"chat_id": 6, "text": 'one "two"', "operator": {"name": "x\ny"}},
            {"text": "a\nb"},
            {},
        ]
    }
    assert render(result).splitlines() == [
        "dialogs:",
        '- chat_id=5 operator.id=7 operator.name="Anna P" tags=[a, "b c"] extra=none pinned=yes',
        "- chat_id=6 text=\"one 'two'\"",
        "  operator.name: x",
        "    | y",
        "-",
        "  text: a",
        "    | b",
        "- none",
    ]


def test_an_object_with_a_long_text_and_a_list_with_objects_stand_below() -> None:
    assert render({"last": {"text": "a\nb", "ids": [{"id": 1}]}}) == "last:\n  text: a\n    | b\n  ids:\n  - id=1"


def test_a_forged_line_cannot_pose_as_a_field_or_a_message() -> None:
    text = "hi\nchanged: yes\r\n- id=9 author=Support\u2028status: closed\x0bowner: me\n  | quoted"
    lines = render({"changed": False, "text": text, "messages": [{"id": 1, "text": text}]}).splitlines()
    assert [line for line in lines if not line.lstrip().startswith("| ")] == [
        "changed: no",
        "text: hi",
        "messages:",
        "- id=1",
        "  text: hi",
    ]


def test_a_forged_field_cannot_leave_its_quotes() -> None:
    rendered = render({"client": {"name": "A, admin=yes", "nick": 'x", admin="yes'}, "rows": [{"n": "a b=c"}]})
    assert rendered == """client: name="A, admin=yes", nick="x', admin='yes"\nrows:\n- n="a b=c\""""


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("", '""'),
        ("Bob", '"Bob"'),
        ("Bob (587), operator Director (1)", '"Bob (587), operator Director (1)"'),
        ('a"], [file 1: "b', """"a'], [file 1: 'b\""""),
        ("a\r\nb\u2028c\x1cd\n", '"a b c d"'),
        ("\\", '"\\"'),
    ],
)
def test_quotes_hold_whatever_stands_in_them(text: str, inside: str) -> None:
    assert quoted(text) == inside


@properties
@given(st.text())
def test_quotes_are_closed_once_and_on_the_same_line(text: str) -> None:
    inside = quoted(text)
    assert inside[0] == inside[-1] == '"'
    assert '"' not in inside[1:-1]
    assert len(inside.splitlines()) == 1


def test_words_are_quoted_and_values_are_not() -> None:
    result = {"title": "Bob (587), operator", "state": "waiting", "time": "2026-03-11T12:30:45+03:00", "end": "a b\n"}
    assert render(result) == (
        'title: "Bob (587), operator"\nstate: waiting\ntime: 2026-03-11T12:30:45+03:00\nend: "a b"'
    )


def _nested(depth: int, *, lists: bool, maps: bool) -> object:
    value: object = "core"
    for level in range(depth):
        value = {"id": value, "text": "a\nb"} if maps and (level % 2 or not lists) else [value]
    return value


@pytest.mark.parametrize(("lists", "maps"), [(True, False), (False, True), (True, True)])
def test_what_nests_without_end_is_broken_off(*, lists: bool, maps: bool) -> None:
    shallow = render({"items": _nested(10, lists=lists, maps=maps)})
    deep = render({"items": _nested(100_000, lists=lists, maps=maps)})
    assert "core" in shallow
    assert '"…"' not in shallow
    assert "core" not in deep
    assert '"…"' in deep
    assert len(deep) < 2_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, " none"),
        (float("nan"), " nan"),
        pytest.param(-(10**5_000), f" {hex(-(10**5_000))}", id="huge"),
        ("\ud83d", ' "\ud83d"'),
        ([None, 5], " none, 5"),
        ([[], {}], "\n- none\n- none"),
        ({"id": None}, " id=none"),
    ],
)
def test_any_value_is_written(value: object, text: str) -> None:
    assert render({"items": value}) == f"items:{text}"
    assert render({"items": [value]}).startswith("items:")


def test_a_heap_of_rows_is_taken_in_stride() -> None:
    row = {"id": 1, "text": "a\nb", "items": [{"id": [1, {"text": "x"}]}]}
    assert render({"items": [row] * 5_000}).count("- id=1") == 5_000


def test_size_counts_bytes_of_compact_json() -> None:
    assert size({"a": "я", "b": [1, True]}) == len('{"a":"я","b":[1,true]}'.encode())
    assert size("\ud83d") == 5


_scalars = st.one_of(st.booleans(), st.integers(), st.text(st.characters(exclude_categories=["Cs"])))
_keys = st.sampled_from(["id", "text", "author", "items"])
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_keys, inner, max_size=3)),
    max_leaves=8,
)
_OURS = re.compile(r"\| |-|(?:(?:id|text|author|items)\.?)+:")
_results = st.dictionaries(_keys, _values)


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [value]


@properties
@given(_results)
def test_every_value_is_in_the_text(result: dict[str, object]) -> None:
    rendered = render(result)
    for leaf in _leaves(result):
        if isinstance(leaf, bool):
            assert ("yes" if leaf else "no") in rendered
        else:
            assert all(line in rendered or quoted(line)[1:-1] in rendered for line in str(leaf).splitlines())


@properties
@given(_results)
def test_no_line_begins_with_a_strangers_words(result: dict[str, object]) -> None:
    for line in render(result).splitlines():
        start = line.lstrip(" ")
        assert _OURS.match(start)


@properties
@given(_results)
def test_size_is_that_of_the_wire(result: dict[str, object]) -> None:
    assert size(result) == len(json.dumps(result, ensure_ascii=False, separators=(",", ":")).encode())
