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
        ("https://a.example/?REFRESH_ID=abc", "https://a.example/?…"),
        ("https://a.example/sub/?CHANNEL_ID=abc&x", "https://a.example/sub/?…"),
        ("https://a.example/?next=%2Fdl%3Ftoken%3Dabc", "https://a.example/?…"),
        ("https://a.example/?next=%252Fdl%253Ftoken%253Dabc", "https://a.example/?…"),
        ("https://a.example/?next=https%3A%2F%2Fu%3Aw%40b.example", "https://a.example/?…"),
        ("https://a.example/to/%2Fdl%3Ftoken%3Dabc", "https://a.example/to/%2Fdl%3F…"),
        ("https://p.example/REST/7/secret/x", "https://p.example/REST/7/…/x"),
        (r"https:\/\/p.example\/rest\/7\/secret\/x", r"https:\/\/p.example\/rest\/7\/…\/x"),
        (r"https:\/\/u:word@p.example\/x", r"https:\/\/…@p.example\/x"),
        ("https://a.example/?to=%2Frest%2F7%2Fsecret%2Fx", "https://a.example/?to=%2Frest%2F7%2F…"),
        ("to %2Frest%2F7%2Fsecret", "to %2Frest%2F7%2F…"),
        ('{"access_token":"a b", "scope":"im"}', '{"access_token":"…", "scope":"im"}'),
        (r"{\"access_token\":\"a\/b\"}", r'{\"access_token\":\"…"}'),
        ("{'client_secret': 'abc'}", "{'client_secret': '…'}"),
        ("'refresh_token' => 'abc',", "'refresh_token' => '…',"),
        ("[access_token] => abc\n[scope] => im", "[access_token] => …\n[scope] => im"),
        ("auth[access_token]=abc&auth[scope]=im", "auth[access_token]=…&…"),
        ("AUTH_ID=abc, APP_SID=abc", "AUTH_ID=…, APP_SID=…"),
        ("PHPSESSID=abc; path=/", "PHPSESSID=…; path=/"),
        ("Authorization: Bearer abc", "Authorization: Bearer …"),
        ('"authorization": "Basic dXNlcjpw", "x": 1', '"authorization": "Basic …", "x": 1'),
        (r"{\"Authorization\":\"Bearer abc\"}", r'{\"Authorization\":\"Bearer …"}'),
        ("'Authorization' => 'Bearer abc'", "'Authorization' => 'Bearer …'"),
        ("curl -H 'bearer 0123456789abcdef.x-y'", "curl -H 'bearer …'"),
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
        "https://shop.example/?q=%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7%20%E2%84%96%205&p=100%25",
        "https://shop.example/%23a?b=%26c and 50%3F",
        r"C:\rest\7\secret and a\/b",
        "The restaurant /rest/ and rest/7/secret",
        "Token: where is my token? The secret is out, password lost; tokens=5",
        'max_tokens=100, {"code": "ERROR", "key": 5, "token_count": 7}',
        '{"access_token": ""} access_token=',
        "a==b, x => y, [list] => 5, auth[scope]=im",
        "Authorization: required. The bearer acknowledgements-of-debt, Bearer of news",
        "Предъявитель: bearer 12345; код=5, пароль: спросить",
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


_HEAPS = [
    "\\",
    "\\/",
    ":\\",
    "%25",
    "?%25",
    '"token":"',
    "token=",
    "token",
    "]",
    "bearer ",
    "Bearer a",
    "authorization:",
    "%2F",
]


@pytest.mark.parametrize("piece", ["?", "&a", "://", "://a@", "/rest/1/", "?token=1 ", "a", "/rest/1", *_HEAPS])
def test_a_heap_is_taken_in_stride(piece: str) -> None:
    assert len(hide_secrets(piece * 20_000)) <= len(piece) * 20_000
