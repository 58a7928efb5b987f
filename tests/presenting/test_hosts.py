import pytest
from hostile import hostile_text, properties
from hypothesis import given

from bitrix24_dialogs.presenting.hosts import name_hosts, true_host


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://раypal.com/login", "xn--ypal-43d9g.com"),
        ("HTTPS://РАYPAL.COM/login", "xn--ypal-43d9g.com"),
        ("https://bank.example:443@еvil.example:8443/x?y#z", "xn--vil-qdd.example"),
        ("https://ｂank.example/", "bank.example"),
        ("https://bank.example。evil.example/", "bank.example.evil.example"),
        ("https://bank．example/", "bank.example"),
        ("https://%65vil.example/", "evil.example"),
        ("https://%D0%B5vil.example/", "xn--vil-qdd.example"),
        ("https:\\\\аpple.com\\x", "xn--pple-43d.com"),
        ("https:////аpple.com/", "xn--pple-43d.com"),
        ("www.аpple.com/x", "www.xn--pple-43d.com"),
        ("https://faß.de", "xn--fa-hia.de"),
        ("https://кто.рф/страница", "xn--j1ail.xn--p1ai"),
        ("https://i❤.ws", "xn--i-7iq.ws"),
        ("https://भारत.भारत/", "xn--h2brj9c.xn--h2brj9c"),
    ],
)
def test_a_host_that_is_not_what_it_seems_is_named(text: str, host: str) -> None:
    assert name_hosts(f"see {text}") == f"see {text} (host {host})"
    assert name_hosts(f"({text}), thanks") == f"({text} (host {host})), thanks"


@pytest.mark.parametrize(
    "text",
    [
        *("https://a.example/путь?q=слово", "https://xn--ypal-43d9g.com/", "http://192.168.0.1:8080/", "http://[::1]/"),
        *("https://a.example，谢谢", "https://a.example—смотри", "C:\\\\папка\\файл", "см:/папка", "почта.рф", "://"),
        *("https://a%00б.example/", "https://a%2fб.example/", "mailto:анна@a.example", "сайт: //кто"),
        "http://" + "а." * 300,
        f"http://{'а' * 64}.example",
    ],
)
def test_what_is_plain_or_no_host_stays(text: str) -> None:
    assert name_hosts(text) == text


def test_every_link_has_its_own_host() -> None:
    assert name_hosts("https://а.example https://b.example <https://в.example>") == (
        "https://а.example (host xn--80a.example) https://b.example <https://в.example (host xn--b1a.example)>"
    )


def test_a_host_is_named_as_browsers_look_it_up() -> None:
    assert true_host("EXAMPLE.com") == "example.com"
    assert true_host("a b") == true_host("a%0Ab") == true_host("a/b") == ""


@properties
@given(hostile_text)
def test_nothing_but_hosts_is_added(text: str) -> None:
    named = name_hosts(text)
    assert named.isascii() or not text.isascii()
    assert len(named) <= 200 * (len(text) + 1)


@pytest.mark.parametrize("piece", ["://", "://а", "://а.", "www.", "ab:/", "://а ", "://%D0%B5", "www.а", "://а@"])
def test_a_heap_of_links_is_taken_in_stride(piece: str) -> None:
    named = name_hosts(piece * (20_000 // len(piece)))
    assert len(named) <= 200_000
