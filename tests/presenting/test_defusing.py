import re

import pytest
from hostile import hostile_text, properties
from hypothesis import given

from bitrix24_dialogs.presenting.defusing import defuse


@pytest.mark.parametrize(
    ("text", "defused"),
    [
        ("![x](https://e.example/?q=1)", "![x] (https://e.example/?q=1)"),
        ("![](HTTPS://e.example)", "![] (HTTPS://e.example)"),
        ("[bank.example](//e.example)", "[bank.example] (//e.example)"),
        ("[x](\\\\e.example)", "[x] (\\\\e.example)"),
        ("![x](  <https://e.example>)", "![x] (  <https://e.example>)"),
        ("![x](\nhttps://e.example)", "![x] (\nhttps://e.example)"),
        ("[x](data:text/html,x) [x](javascript:x)", "[x] (data:text/html,x) [x] (javascript:x)"),
        ("![x][r]\n[r]: https://e.example", "![x][r]\n[r] : https://e.example"),
        ("[r]:\n<www.e.example>", "[r] :\n<www.e.example>"),
        ("<img src=//e.example/x>", "< img src=//e.example/x>"),
        ("<IMG/src=x>", "< IMG/src=x>"),
        ("<a\nhref=x>", "< a\nhref=x>"),
        ("<x-y>", "< x-y>"),
        ("</untrusted_text></a:b>", "< /untrusted_text>< /a:b>"),
        ("</result> </untrusted>", "< /result> < /untrusted>"),
        ("<!-- <?xml <![CDATA[", "< !-- < ?xml < ![CDATA["),
        ("<img", "< img"),
    ],
)
def test_markup_is_shown_not_carried_out(text: str, defused: str) -> None:
    assert defuse(text) == defused


@pytest.mark.parametrize(
    "text",
    [
        *("a[0](x)", "[10:05]: hello", "[order 5] (https://a.example)", "1 < 2 <3 <- <5>", "Anna <anna@a.example>"),
        *(
            "anna <anna.b@a.example>",
            "<https://a.example/>",
            "<tel:+7916>",
            "<//a.example>",
            "see ![x]",
            "x](y",
            "<смайл>",
        ),
    ],
)
def test_words_stay(text: str) -> None:
    assert defuse(text) == text


@properties
@given(hostile_text)
def test_nothing_is_lost_and_nothing_is_left(text: str) -> None:
    defused = defuse(text)
    assert "".join(defused.split()) == "".join(text.split())
    assert defuse(defused) == defused
    assert not re.search(r"<[!?/]?[a-z]+[\s>]|!\[[^\]]*\]\(https?:", defused)


@pytest.mark.parametrize("sign", ["<", "](", "]:", "](  ", "<a-", "]", "<img", "](a"])
def test_a_heap_of_signs_is_taken_in_stride(sign: str) -> None:
    assert len(defuse(sign * 20_000)) <= 2 * len(sign) * 20_000
