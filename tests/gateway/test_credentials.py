import copy
import dataclasses
import pickle
import pprint
import traceback

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bitrix24_dialogs.gateway.credentials import (
    NoCredential,
    OneWebhook,
    Webhook,
    WebhookError,
    is_loopback,
    parse_webhook,
)
from bitrix24_dialogs.gateway.errors import NotConfigured
from tests.gateway.harness import assert_one_line, fresh_secret

GOOD = {
    "as shown": ("https://acme.bitrix24.com/rest/7/{}/", "https://acme.bitrix24.com/rest/7/{}/m.json"),
    "without slash": ("https://acme.bitrix24.com/rest/7/{}", "https://acme.bitrix24.com/rest/7/{}/m.json"),
    "double quotes": ('"https://acme.bitrix24.com/rest/7/{}/"', "https://acme.bitrix24.com/rest/7/{}/m.json"),
    "single quotes": ("'https://acme.bitrix24.com/rest/7/{}/'", "https://acme.bitrix24.com/rest/7/{}/m.json"),
    "blanks and a line end": (
        "  https://acme.bitrix24.com/rest/7/{}/\r\n",
        "https://acme.bitrix24.com/rest/7/{}/m.json",
    ),
    "with a method": ("https://acme.bitrix24.com/rest/7/{}/profile.json", "https://acme.bitrix24.com/rest/7/{}/m.json"),
    "with a dotted method": (
        "https://acme.bitrix24.com/rest/7/{}/imopenlines.crm.chat.getLastId/",
        "https://acme.bitrix24.com/rest/7/{}/m.json",
    ),
    "capitals": ("HTTPS://Acme.Bitrix24.COM/rest/7/{}/", "https://acme.bitrix24.com/rest/7/{}/m.json"),
    "a port": ("https://portal.test:8443/rest/12/{}/", "https://portal.test:8443/rest/12/{}/m.json"),
    "its own prefix": ("https://portal.test/crm/rest/12/{}/", "https://portal.test/crm/rest/12/{}/m.json"),
    "a number in its prefix": (
        "https://portal.test/site/2/rest/12/{}/",
        "https://portal.test/site/2/rest/12/{}/m.json",
    ),
    "this machine": ("http://localhost:8080/rest/1/{}/", "http://localhost:8080/rest/1/{}/m.json"),
    "this machine by number": ("http://127.0.0.2/rest/1/{}/", "http://127.0.0.2/rest/1/{}/m.json"),
    "this machine by IPv6": ("http://[::1]:8080/rest/1/{}/", "http://[::1]:8080/rest/1/{}/m.json"),
    "another machine by IPv6": ("https://[2001:db8::1]/rest/1/{}/", "https://[2001:db8::1]/rest/1/{}/m.json"),
    "letters of another language": ("https://компания.example/rest/1/{}/", "https://компания.example/rest/1/{}/m.json"),
}


@pytest.mark.parametrize(("given_text", "address"), GOOD.values(), ids=GOOD)
def test_a_webhook_is_read_as_people_paste_it(given_text: str, address: str) -> None:
    secret = fresh_secret()
    webhook = parse_webhook(given_text.format(secret))
    assert webhook.address("m") == address.format(secret)
    assert webhook.secrets == (secret,)


def test_a_webhook_knows_its_portal_its_owner_and_a_harmless_name() -> None:
    webhook = parse_webhook(f"https://portal.test:8443/rest/12/{fresh_secret()}/")
    assert (webhook.portal, webhook.user_id, webhook.key) == ("portal.test:8443", 12, "portal.test:8443#12")


def test_a_webhook_adds_nothing_to_the_body() -> None:
    params = {"CHAT_ID": 1}
    signed = parse_webhook(f"https://portal.test/rest/12/{fresh_secret()}/").sign(params)
    assert signed == params
    assert signed is not params


BAD = {
    "empty": "",
    "blank": "   ",
    "only the secret": "{}",
    "no scheme": "acme.bitrix24.com/rest/7/{}/",
    "another scheme": "ftp://acme.bitrix24.com/rest/7/{}/",
    "no host": "https:///rest/7/{}/",
    "a broken bracket": "https://[::1/rest/7/{}/",
    "a port that is no number": "https://acme.bitrix24.com:port/rest/7/{}/",
    "a port out of range": "https://acme.bitrix24.com:99999/rest/7/{}/",
    "a blank in the host": "https://acme bitrix24.com/rest/7/{}/",
    "an odd character in the host": "https://acme%41.com/rest/7/{}/",
    "an IPv6 zone": "http://[::1%25eth0]/rest/7/{}/",
    "a user name": "https://me@acme.bitrix24.com/rest/7/{}/",
    "a password": "https://me:{}@acme.bitrix24.com/rest/7/{}/",
    "a query": "https://acme.bitrix24.com/rest/7/{}/?auth=1",
    "a fragment": "https://acme.bitrix24.com/rest/7/{}/#top",
    "in the clear": "http://acme.bitrix24.com/rest/7/{}/",
    "in the clear, nearly this machine": "http://localhost.evil.test/rest/7/{}/",
    "in the clear, a private address": "http://192.168.0.1/rest/7/{}/",
    "no path": "https://acme.bitrix24.com/",
    "no owner": "https://acme.bitrix24.com/rest/{}/",
    "owner zero": "https://acme.bitrix24.com/rest/0/{}/",
    "owner in letters": "https://acme.bitrix24.com/rest/me/{}/",
    "owner in other digits": "https://acme.bitrix24.com/rest/٧/{}/",
    "an endless owner": "https://acme.bitrix24.com/rest/" + "9" * 5000 + "/{}/",
    "no secret": "https://acme.bitrix24.com/rest/7/",
    "a short secret": "https://acme.bitrix24.com/rest/7/abc/",
    "an odd secret": "https://acme.bitrix24.com/rest/7/{}!/",
    "no prefix at all": "https://acme.bitrix24.com/7/{}/",
    "REST 3": "https://acme.bitrix24.com/rest/api/7/{}/",
    "two webhooks": "https://acme.bitrix24.com/rest/7/{}/ https://acme.bitrix24.com/rest/7/{}/",
    "a second owner": "https://acme.bitrix24.com/rest/7/{}/12/prof/",
    "a second owner behind a folder": "https://acme.bitrix24.com/crm/rest/7/{}/12/profile",
    "two webhooks in one": "https://acme.bitrix24.com/rest/7/{}/rest/8/{}/",
    "a control character": "https://acme.bitrix24.com/re\x01st/7/{}/",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_anything_else_is_refused_in_one_line_that_repeats_nothing(text: str) -> None:
    secret = fresh_secret()
    with pytest.raises(WebhookError) as refused:
        parse_webhook(text.format(secret, secret) if "{}" in text else text)
    message = str(refused.value)
    assert_one_line(message)
    assert secret not in message
    assert "acme" not in message
    assert secret not in "".join(traceback.format_exception(refused.value)).replace("parse_webhook(", "")


def test_the_refusals_say_what_to_change() -> None:
    secret = fresh_secret()
    for text, hint in {
        f"http://acme.bitrix24.com/rest/7/{secret}/": "https://",
        f"https://acme.bitrix24.com/rest/api/7/{secret}/": "/api",
        f"https://acme.bitrix24.com/rest/7/{secret}/?a=1": "query",
        f"https://acme.bitrix24.com/{secret}/": "/rest/<user number>/<secret>/",
    }.items():
        with pytest.raises(WebhookError, match=hint):
            parse_webhook(text)


ADDRESS_LIKE = st.one_of(
    st.text(max_size=80),
    st.builds(
        "{}://{}{}/{}/{}{}".format,
        st.sampled_from(["https", "http", "HTTPS", "ftp", ""]),
        st.one_of(
            st.sampled_from(["acme.test", "localhost", "[::1]", "127.0.0.1", "[", "a@b", "x:1"]), st.text(max_size=9)
        ),
        st.sampled_from(["/rest", "/rest/api", "", "/x/rest", "/.."]),
        st.one_of(st.integers().map(str), st.text(max_size=5)),
        st.one_of(st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True), st.text(max_size=9)),
        st.sampled_from(["", "/", "/profile.json", "?x", "#x", "\n", "\x00"]),
    ),
)


@given(text=ADDRESS_LIKE)
@example(text="https://a.test/rest/" + "9" * 5000 + "/abcdef/")
@example(text="https://ⓐ.test/rest/7/abcdef/")
def test_reading_a_webhook_ends_in_a_webhook_or_a_webhook_error(text: str) -> None:
    try:
        webhook = parse_webhook(text)
    except WebhookError as error:
        assert_one_line(str(error))
    else:
        assert webhook.address("m").startswith(("https://", "http://"))
        assert webhook.secrets[0] not in repr(webhook) or len(webhook.secrets[0]) < 12


@given(
    shape=st.sampled_from([text for text in BAD.values() if "{}" in text]),
    secret=st.from_regex(r"[A-Za-z0-9]{16,24}", fullmatch=True),
)
def test_a_refusal_never_holds_the_secret_part(shape: str, secret: str) -> None:
    with pytest.raises(WebhookError) as refused:
        parse_webhook(shape.format(secret, secret))
    assert secret not in str(refused.value)
    assert secret not in repr(refused.value)


def printed_forms(webhook: Webhook) -> list[str]:
    return [
        repr(webhook),
        str(webhook),
        f"{webhook}",
        f"{webhook!r:>200}",
        "%s %r" % (webhook, webhook),  # noqa: UP031 - the way that log messages are made
        str(dataclasses.asdict(webhook)),
        str(dataclasses.astuple(webhook)),
        str(vars(webhook)),
        pprint.pformat(webhook),
        repr(OneWebhook(webhook)),
        str(copy.deepcopy(webhook)),
        str(webhook.secret),
        f"{webhook.secret}",
    ]


def test_no_way_of_printing_a_webhook_shows_its_secret() -> None:
    secret = fresh_secret()
    webhook = parse_webhook(f"https://acme.bitrix24.com/rest/7/{secret}/")
    for printed in printed_forms(webhook):
        assert secret not in printed


def test_a_traceback_with_local_variables_does_not_show_the_secret() -> None:
    secret = fresh_secret()

    def fail(webhook: Webhook) -> None:
        raise RuntimeError(f"cannot use {webhook}")

    with pytest.raises(RuntimeError) as failed:
        fail(parse_webhook(f"https://acme.bitrix24.com/rest/7/{secret}/"))
    inner = traceback.TracebackException.from_exception(failed.value, capture_locals=True).stack[-1:]
    assert secret not in "".join(traceback.StackSummary.from_list(inner).format())
    assert secret not in str(inner[0].locals)


def test_a_webhook_cannot_be_pickled_and_the_error_does_not_tell_why_in_secrets() -> None:
    secret = fresh_secret()
    with pytest.raises(TypeError) as refused:
        pickle.dumps(parse_webhook(f"https://acme.bitrix24.com/rest/7/{secret}/"))
    assert secret not in str(refused.value)


def test_two_webhooks_are_equal_when_all_their_parts_are() -> None:
    text, other = (f"https://acme.bitrix24.com/rest/7/{fresh_secret()}/" for _ in range(2))
    assert parse_webhook(text) == parse_webhook(text)
    assert len({parse_webhook(text), parse_webhook(text), parse_webhook(other)}) == 2


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_is_recognised(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "acme.test", "10.0.0.1", "0.0.0.0", "localhost.", "127.1", "::", "2001:db8::1"])  # noqa: S104
def test_other_machines_are_not_taken_for_this_one(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.anyio
async def test_a_missing_credential_is_told_with_the_setting_to_change() -> None:
    with pytest.raises(NotConfigured, match=r"^Nothing is set\. Set SOMETHING$"):
        await NoCredential("Nothing is set", "Set SOMETHING").current()


@pytest.mark.anyio
async def test_one_webhook_serves_every_call() -> None:
    webhook = parse_webhook(f"https://acme.bitrix24.com/rest/7/{fresh_secret()}/")
    assert await OneWebhook(webhook).current() is webhook
