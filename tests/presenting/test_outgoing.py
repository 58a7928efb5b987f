"""What goes out is plain: no tag, written out or not, and no command survives; what people write does."""

import html
import re

import pytest
from hostile import hostile_text, properties
from hypothesis import given

from bitrix24_dialogs.presenting.outgoing import Outgoing, plain_outgoing

# Anything that a reader of BB code could take for a tag, whoever reads it.
TAG = re.compile(r"\[(?=[a-z/*])", re.IGNORECASE)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("Hello, three left.", "Hello, three left."),
        ("Line one\r\nline two\n\nand [5] of [12]", "Line one\nline two\n\nand [5] of [12]"),
        ("[b]bold[/b]", "[ b]bold[ /b]"),
        ("[SEND=/do]Yes[/SEND] [CALL=+15550100]", "[ SEND=/do]Yes[ /SEND] [ CALL=+15550100]"),
        ("[URL=https://a.example]bank[/URL]", "[ URL=https://a.example]bank[ /URL]"),
        ("[USER=8][/USER] look", "[ USER=8][ /USER] look"),
        ("list[i] and [[b]x", "list[ i] and [[ b]x"),
        ("[*] item", "[ *] item"),
        (
            "&#91;b&#93; &#x5B;b] &amp;#91;b] &lsqb;b] &#38;#91;b]",
            "&#91; b&#93; &#x5B; b] &amp;#91; b] &lsqb; b] &#38;#91; b]",
        ),
        ("[&#98;] &#91/b] &#91b] &#911 &#x5bcd", "[ &#98;] &#91 /b] &#91 b] &#911 &#x5bcd"),
        ("/start\nsee /etc\n/help", "\u00a0/start\nsee /etc\n\u00a0/help"),
        ("#BR#/start and #BR#BR#/help, item #5", "# BR#/start and # BR# BR#/help, item #5"),
        ("#\u200bbr#/start", "# br#/start"),
        ("a\u202eb\u200b[\u200bb]", "ab[ b]"),
        ("Ольга, «да» — 👩\u200d💻", "Ольга, «да» — 👩\u200d💻"),
    ],
)
def test_examples(given: str, sent: str) -> None:
    assert plain_outgoing(given) == sent


def test_it_says_whether_it_changed_anything() -> None:
    assert Outgoing.of("  Hello\r\nyou\n") == Outgoing("Hello\nyou", adjusted=False)
    assert Outgoing.of("[b]x").adjusted


@properties
@given(hostile_text)
def test_no_tag_and_no_command_survives(text: str) -> None:
    sent = plain_outgoing(text)
    decoded = sent
    for _ in range(4):
        assert not TAG.search(decoded)
        decoded = html.unescape(decoded)
    assert not re.search(r"^/", sent, re.MULTILINE)


@properties
@given(hostile_text)
def test_doing_it_again_changes_nothing(text: str) -> None:
    once = plain_outgoing(text)
    assert plain_outgoing(once) == once
    once.encode()
