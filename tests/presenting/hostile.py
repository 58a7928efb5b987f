"""Texts such as strangers send, made up at random: the material of the property tests."""

from hypothesis import settings
from hypothesis import strategies as st

properties = settings(max_examples=120, deadline=None)

_PIECES = (
    *("[b]", "[/b]", "[URL=https://a.example/x?token=s3cret&b=1]", "[url]", "[/URL]", "[USER=7]", "[/USER]", "[IMG]"),
    *("[/img]", "[code]", "[/code]", "[quote]", "[send=/do]", "[/send]", "[CHAT=5]", "[/chat]", "[ICON=x title=y]"),
    *("[rating=5]", "[timestamp=99999999999]", "[order 5]", "[", "]", "[[", "<br>", "&lt;", "&amp;quot;", "------"),
    *("\r\n", "\n", "\n\n\n\n", "\t", " ", "\u00a0", "\u2028", "\x00", "\x1b[31m", "\ufeff", "\u200b", "\u200d"),
    *("\u200c", "\u202e", "\u2066", "\u00ad", "\ufe0f", "\ufe0e", "\U000e0041", "\u0301", "\u0323", "\u094d", "\ud83d"),
    *("\ude00", "\ue000", "\u3164", "\u2800", "e", "👩", "💻", "❤", "🏽", "🇷", "🇺", "1️⃣", "سلام", "می", "क", "ष"),
    *("+7 916 123-45-67", "٠٩١٦١٢٣٤٥٦٧", "anna@example.com", "https://u:p@h.example/?key=1", "://", "?", "&", "@", "."),
    *("\u09dc", "\u2126", "\u1100", "\u1161", "\U0001d15e", "\U0001d165", "\U0001d16d", "\u0344", "\U0001fae8"),
    *(
        "%3Ftoken%3D",
        "?next=%252Fdl%253Fkey%253D1",
        "/REST/1/s3cret00",
        "\\/rest\\/1\\/",
        "%2Frest%2F1%2F",
        "\\",
        '"',
        "'",
    ),
    *("![x](https://e.example/?q=", ")", "](//e.example", "[x]: https://e.example", "<img src=", "</result>", "<!--"),
    *("https://раypal.com/", "https://%65vil.example", "www.ｅvil.example", "://а。b", "<", ">", "http://" + "а." * 60),
    *(
        '"access_token":"',
        "auth[access_token]=",
        "[token] => ",
        "Authorization: Bearer ",
        "Bearer 0123456789abcdef",
        ",",
    ),
)

hostile_text = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.lists(st.sampled_from(_PIECES), max_size=30).map("".join),
    st.lists(st.one_of(st.sampled_from(_PIECES), st.characters(exclude_categories=())), max_size=30).map("".join),
)
