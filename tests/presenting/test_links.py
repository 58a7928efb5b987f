import pytest
from hostile import hostile_text, properties
from hypothesis import given
from hypothesis import strategies as st

from bitrix24_dialogs.presenting.links import hide_secrets, readable_address


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("https://a.example/f?id=5&token=abc&x=1", "https://a.example/f?…"),
        ("(see https://a.example/f?_esd=abc), thanks", "(see https://a.example/f?…), thanks"),
        ("/disk/download/5/?&ncc=1&signature=abc", "/disk/download/5/?…"),
        ("https://a.example/#access_token=abc", "https://a.example/#…"),
        ("https://a.example/?a=1&amp;sessid=abc", "https://a.example/?…"),
        ("https://a.example/?X-Amz-Signature=abc", "https://a.example/?…"),
        ("https://a.example/?%74oken=abc", "https://a.example/?…"),
        ("https://a.example/?auth[key]=abc", "https://a.example/?…"),
        ("https://a.example/?api_key=abc", "https://a.example/?…"),
        ("https://user:word@a.example/x", "https://…@a.example/x"),
        ("https://p.example/rest/1/abcdef0123456789/user.get", "https://p.example/rest/1/…/user.get"),
        ("https://p.example/rest/api/1/abcdef0123456789/", "https://p.example/rest/api/1/…/"),
    ],
)
def test_secrets_go(text: str, hidden: str) -> None:
    assert hide_secrets(text) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "https://shop.example/p/5?color=red&size=2#reviews",
        "https://shop.example/?keyword=x&author=y&monkey=z",
        "https://t.example/@anna and R&D? #1 a&b=c",
        "https://a.example/?token= and /rest/1/crm.lead.list",
    ],
)
def test_other_links_stay(text: str) -> None:
    assert hide_secrets(text) == text


def test_an_address_has_neither_blanks_nor_brackets() -> None:
    assert readable_address(" https://a.example/ <b>\n") == "https://a.example/%3Cb%3E"


@properties
@given(hostile_text)
def test_hiding_twice_changes_nothing(text: str) -> None:
    assert hide_secrets(hide_secrets(text)) == hide_secrets(text)


@properties
@given(st.sampled_from(["token", "sign", "AUTH", "client_secret", "password"]), hostile_text)
def test_no_secret_gets_by(name: str, before: str) -> None:
    assert "s3cretvalue" not in hide_secrets(f"{before} https://a.example/x?{name}=s3cretvalue")


@pytest.mark.parametrize("piece", ["?", "&a", "://", "://a@", "/rest/1/", "?token=1 ", "a", "/rest/1"])
def test_a_heap_is_taken_in_stride(piece: str) -> None:
    assert len(hide_secrets(piece * 20_000)) <= len(piece) * 20_000
