import pytest
from hostile import hostile_text, properties
from hypothesis import given
from hypothesis import strategies as st

from bitrix24_dialogs.presenting.bbcode import bbcode_to_text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Conversation #[URL=/online/?IM_HISTORY=imol|321]321[/URL] started", "Conversation #321 started"),
        ("[URL=/online/?IM_HISTORY=imol|321][/URL]", "conversation 321"),
        ("[USER=7][/USER] took conversation from [USER=9][/USER]", "Bob took conversation from user 9"),
        ("[USER=7]Robert[/USER], [USER=all]all[/USER] [user=all][/user]", "Robert, all all"),
        ("[b]Whisper mode is on.[/b][br]Quiet.", "Whisper mode is on.\nQuiet."),
        ("rated as [b][RATING=5][/b]", "rated as 5 of 5"),
        ("[CHAT=5]Sales[/CHAT] [chat=chat6][/chat] [dialog=7][/dialog]", "Sales chat 6 chat 7"),
        ("moved to [timestamp=1700000000 format=LONG_DATE]", "moved to 2023-11-14 22:13 UTC"),
        ("[timestamp=999999999999]", "999999999999"),
        ("[context=chat1/5]earlier[/context]", "earlier"),
    ],
)
def test_what_the_portal_writes(raw: str, text: str) -> None:
    assert bbcode_to_text(raw, {7: "Bob"}) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("[B]a[/B][i]b[/i][u]c[/u][s]d[/s]", "abcd"),
        ("[size=20]big[/size] [color=#ff0000]red[/color] [font=Arial]f[/font]", "big red f"),
        ("a<br>b<BR/>c<br />d", "a\nb\nc\nd"),
        ("[code]x = [b]1[/b][/code]rest", "x = [b]1[/b]\nrest"),
        ("a[quote]b[/quote]c", "a\nb\nc"),
        ("------\nAnna [10:05]\nhi\n------", "------\nAnna [10:05]\nhi\n------"),
        ("[send=/yes]Yes[/send] [put=/no][/put]", "Yes /no"),
        ("[call=+7916]Call[/call] [call=+7916][/call]", "Call <tel:+7916> +7916"),
        ("[ICON=https://x.example/i.png title=Smile size=16][icon=https://x.example/]", "Smile"),
        ("[DISK=5] [disk file id=n7] [ATTACH=1]", "file 5 file 7 attachment 1"),
        ("[IMG]https://x.example/i.png?signature=abc[/IMG]", "image <https://x.example/i.png?…>"),
        ("[img size=small]two words[/img]", "two words"),
        (
            "&lt;b&gt; &quot;&#39;&apos; A&nbsp;&amp;&nbsp;B &amp;lt; &#91;b&#93; &copy;",
            "<b> \"'' A & B &lt; [b] &copy;",
        ),
    ],
)
def test_markup_becomes_text(raw: str, text: str) -> None:
    assert bbcode_to_text(raw) == text


@pytest.mark.parametrize(
    "raw",
    [
        *(
            "[order 5]",
            "[user 5 times]",
            "[size 5]",
            "[b 1]",
            "[rating=9]",
            "[disk=x]",
            "[br=2]",
            "[icon]",
            "[user]",
            "[]",
            "[[x]]",
        ),
        *(
            "[url] unfinished",
            "[USER=7] unfinished",
            "[URL=https://x.example/",
            "list[0] = [1, 2]",
            "[/foo]",
            "[attach=a]",
        ),
        *("[timestamp=soon]", "[смайл]", "R&D & co", "1 < 2 > 0"),
    ],
)
def test_what_is_no_markup_stays(raw: str) -> None:
    assert bbcode_to_text(raw) == raw


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("[URL=https://evil.example/a]https://bank.example/[/URL]", "https://bank.example/ <https://evil.example/a>"),
        ("[URL=https://a.example/]a.example[/URL]", "https://a.example/"),
        ("[URL]https://a.example/x[/URL]", "https://a.example/x"),
        ("[URL]two words[/URL]", "two words"),
        ("[URL=https://a.example/][b]Shop[/b][/URL].", "Shop <https://a.example/>."),
        ("[URL=//evil.example/online/?IM_HISTORY=1]x[/URL]", "x <//evil.example/online/?IM_HISTORY=1>"),
        ("[URL=https://bank.example@evil.example/]Bank[/URL]", "Bank <https://…@evil.example/>"),
        ("[URL=https://a.example/> <https://b.example]x[/URL]", "x <https://a.example/%3E%3Chttps://b.example>"),
        ("[URL=JavaScript:alert(1)]x[/URL] [URL=data:text/html,y]y[/URL]", "x <javascript:…> y <data:…>"),
        ("[URL=https://a.example/?x=1&amp;amp;b]x[/URL]", "x <https://a.example/?x=1&amp;b>"),
        ("[URL=https://a.example/][USER=7]x[/URL]", "[USER=7]x <https://a.example/>"),
        ("[URL=https://a.example/]x[URL=https://b.example/]y[/URL]", "[URL=https://a.example/]xy <https://b.example/>"),
    ],
)
def test_a_link_says_where_it_leads(raw: str, text: str) -> None:
    assert bbcode_to_text(raw) == text


def test_a_name_is_used_up_to_a_length() -> None:
    assert bbcode_to_text("[USER=7][/USER]" * 2, {7: "n" * 100_000}) == "n" * 400


@properties
@given(hostile_text)
def test_any_text_is_read(raw: str) -> None:
    assert isinstance(bbcode_to_text(raw, {7: "Bob"}), str)


@properties
@given(st.text(st.characters(exclude_characters="[]<>&?#/@")))
def test_plain_words_are_not_touched(raw: str) -> None:
    assert bbcode_to_text(raw) == raw


@pytest.mark.parametrize(
    "tag", ["[URL=https://a.example/]", "[USER=7]", "[quote]", "[code]", "[b]", "[", "[url ", "<br", "&amp;"]
)
def test_a_heap_of_open_tags_is_taken_in_stride(tag: str) -> None:
    heap = bbcode_to_text(tag * 20_000 + "end")
    assert heap.endswith("end")
    assert len(heap) <= len(tag) * 20_000 + 3


def test_tags_nested_without_end_keep_their_text() -> None:
    nested = "[URL=https://a.example/][USER=7][CHAT=5]" * 5_000 + "core" + "[/CHAT][/USER][/URL]" * 5_000
    assert bbcode_to_text(nested).count("core") == 1
