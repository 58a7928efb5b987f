"""BB code to HTML, as far as the portal's `textlegacy` needs it."""

import html
import re

_RULES = (
    (re.compile(r"\[(/?)([bius])\]", re.IGNORECASE), r"<\1\2>"),
    (
        re.compile(r"\[url=([^\]]*)\](.*?)\[/url\]", re.IGNORECASE | re.DOTALL),
        r'<a href="\1" target="_blank">\2</a>',
    ),
    (
        re.compile(r"\[user=(\d+)\](.*?)\[/user\]", re.IGNORECASE | re.DOTALL),
        r'<span class="bx-messenger-ajax" data-entity="user" data-userId="\1">\2</span>',
    ),
    (re.compile(r"\n"), "<br />"),
)


def to_html(text: str) -> str:
    """Return a message's text as HTML."""
    result = html.escape(text, quote=False)
    for pattern, replacement in _RULES:
        result = pattern.sub(replacement, result)
    return result
