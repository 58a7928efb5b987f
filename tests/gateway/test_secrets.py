"""A webhook's secret is seen nowhere: not in answers, errors, tracebacks or logs."""

import asyncio
import json
import logging
import time
import traceback
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from bitrix24_dialogs.callers.caller import new_token
from bitrix24_dialogs.gateway.errors import PortalError
from bitrix24_dialogs.gateway.redaction import RedactingFormatter, hide, redact
from tests.gateway.harness import METHOD, calling, fresh_secret, webhook_to
from tests.gateway.scripted import (
    Behaviour,
    ScriptedPortal,
    cut_off,
    drop,
    hang,
    page,
    raw,
    redirect,
    refusal,
    reset,
    scripted,
)

LOGGERS = ["", "httpx", "httpcore", "bitrix24_dialogs", "asyncio"]


class Log:
    """Everything that is logged at DEBUG."""

    def __init__(self) -> None:
        self.records: list[logging.LogRecord] = []

    def written(self, *secrets: str) -> str:
        """As the server would write it, knowing ``secrets`` or not."""
        formatter = RedactingFormatter("%(levelname)s %(name)s: %(message)s", secrets)
        return "\n".join(formatter.format(record) for record in self.records)


class _Keeper(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.records.append(record)


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    keeper = _Keeper(log)
    before = {name: logging.getLogger(name).level for name in LOGGERS}
    logging.getLogger().addHandler(keeper)
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield log
    logging.getLogger().removeHandler(keeper)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def percent(text: str) -> str:
    return "".join(f"%{ord(char):02X}" for char in text)


def unicode_escaped(text: str) -> str:
    return "".join(f"\\u{ord(char):04x}" for char in text)


def mentions(text: str, secret: str) -> bool:
    return any(form.lower() in text.lower() for form in [secret, percent(secret), unicode_escaped(secret)])


def chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        link = waiting.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            yield link
            waiting += [link.__cause__, link.__context__]


def everything_of(error: BaseException) -> str:
    parts = ["".join(traceback.format_exception(error))]
    for link in chain(error):
        parts += [str(link), repr(link), repr(link.args), repr(vars(link)), *getattr(link, "__notes__", [])]
    return "\n".join(parts)


ECHOES: dict[str, Callable[[str, str], str]] = {
    "the address": lambda url, secret: url,
    "upper case": lambda url, secret: url.upper(),
    "slashes escaped": lambda url, secret: url.replace("/", "\\/"),
    "percent-encoded": lambda url, secret: quote(url, safe=""),
    "every character percent-encoded": lambda url, secret: percent(url),
    "only the secret": lambda url, secret: secret,
    "only the secret, percent-encoded": lambda url, secret: percent(secret),
    "in words": lambda url, secret: f"key{secret}key and again {secret.upper()}",
}

PLACES: dict[str, Callable[[str], Behaviour]] = {
    "error code": lambda text: refusal(text, "no"),
    "error text": lambda text: refusal("ODD_CODE", text),
    "error text of a server error": lambda text: refusal("ODD_CODE", text, 500),
    "error text beside status 200": lambda text: refusal("", text, 200),
    "page": lambda text: page(502, f"<html>{text}</html>"),
    "page with status 200": lambda text: page(200, text),
    "forbidding page": lambda text: page(403, text),
    "target of a redirect": lambda text: redirect(text.replace("\\", "")),
    "target within this host": lambda text: redirect("/rest/" + text.replace("\\", "")),
    "cookie": lambda text: raw(400, b'{"error": "ODD_CODE"}', {"Set-Cookie": f"last={text}"}),
    "content type": lambda text: raw(400, b"", {"Content-Type": text}),
}


def provoke(portal: ScriptedPortal, behaviour: Behaviour) -> None:
    portal.requests.clear()
    portal.script = [behaviour] * 9


@pytest.mark.anyio
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
async def test_an_echoing_portal_gives_nothing_away_in_errors_and_logs(
    echo: Callable[[str, str], str], log: Log
) -> None:
    secret = fresh_secret()
    async with scripted() as portal, calling(portal.port, secret=secret) as caller:
        text = echo(webhook_to(portal.port, secret) + METHOD, secret)
        for place in PLACES.values():
            provoke(portal, place(text))
            for error in [await caller.failed_read(), await caller.failed_write()]:
                assert not mentions(everything_of(error), secret)
            assert portal.requests
    assert METHOD in log.written(secret)
    assert not mentions(log.written(secret), secret)
    if "/rest/" in text or "/REST/" in text:
        assert not mentions(log.written(), secret)  # an address is known by its form


@pytest.mark.anyio
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
async def test_an_echoing_portal_gives_nothing_away_in_results(echo: Callable[[str, str], str]) -> None:
    secret = fresh_secret()
    async with scripted() as portal, calling(portal.port, secret=secret) as caller:
        text = echo(webhook_to(portal.port, secret) + METHOD, secret)
        body = {"result": {"text": text, text: 1, "deep": [[{"more": [text]}]]}, "time": {"operating": 1, "note": text}}
        provoke(portal, raw(200, json.dumps(body).encode()))
        answer = await caller.gateway.read(METHOD, {}, caller.deadline())
        shown = json.dumps(answer.result, ensure_ascii=False) + json.dumps(answer.time) + repr(answer) + str(answer)
    assert not mentions(shown, secret)
    assert "***" in shown


@pytest.mark.anyio
async def test_a_secret_spelt_in_json_escapes_is_found_before_it_becomes_readable() -> None:
    secret = fresh_secret()
    for spelling in [
        unicode_escaped(secret),
        unicode_escaped(secret).upper().replace("\\U", "\\u"),
        secret[:4] + unicode_escaped(secret[4:]),
    ]:
        async with scripted() as portal, calling(portal.port, secret=secret) as caller:
            provoke(portal, raw(200, f'{{"result": "it is {spelling}."}}'.encode()))
            assert await caller.read() == "it is ***."


@pytest.mark.anyio
async def test_texts_that_hold_no_secret_come_through_untouched() -> None:
    text = 'code=5, a token, 50%, \\u0041, "quotes", /rest/ and é 🙂\n<b>'
    async with scripted(raw(200, json.dumps({"result": text}).encode())) as portal, calling(portal.port) as caller:
        assert await caller.read() == text


FAILURES: dict[str, Behaviour] = {
    "closed": drop,
    "reset": reset,
    "cut off": cut_off,
    "silent": hang,
    "not HTTP": raw(9999, b""),
    "a target that is no address": redirect("https://[::1"),
    "a wrong compression": raw(200, b"x", {"Content-Encoding": "gzip"}),
    "refused": refusal("NO_AUTH_FOUND", "", 401),
}


@pytest.mark.anyio
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
async def test_no_failure_carries_the_http_library_outwards(failure: Behaviour, log: Log) -> None:
    secret = fresh_secret()
    async with scripted() as portal, calling(portal.port, secret=secret, timeout=2) as caller:
        provoke(portal, failure)
        for error in [await caller.failed_read(), await caller.failed_write()]:
            assert_clean(error, secret)
    assert secret not in log.written()


@pytest.mark.anyio
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_no_failure_to_connect_carries_the_http_library_outwards(scheme: str, closed_port: int, log: Log) -> None:
    secret = fresh_secret()
    async with calling(closed_port, secret=secret, scheme=scheme) as caller:
        assert_clean(await caller.failed_write(), secret)
    async with calling(address=f"https://xn--.example/rest/7/{secret}/") as caller:
        assert_clean(await caller.failed_write(), secret)
    assert secret not in log.written()


def assert_clean(error: PortalError, secret: str) -> None:
    assert secret not in everything_of(error)
    for link in chain(error):
        assert type(link).__module__.split(".")[0] not in {"httpx", "httpcore", "anyio", "ssl", "h11"}
        for value in [*link.args, *vars(link).values()]:
            assert type(value).__module__.split(".")[0] not in {"httpx", "httpcore", "h11"}


@pytest.mark.anyio
async def test_the_log_tells_method_status_time_and_request_but_no_parameter(log: Log) -> None:
    async with scripted() as portal, calling(portal.port) as caller:
        await caller.read(MESSAGE="a client's words")
        number = portal.requests[0].headers["x-request-id"]
    lines = [line for line in log.written().splitlines() if "bitrix24_dialogs" in line]
    assert len(lines) == 1
    assert METHOD in lines[0]
    assert "200" in lines[0]
    assert number in lines[0]
    assert "client" not in lines[0]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("behaviour", "logged"),
    [
        (refusal("ODD_CODE", "words of the portal"), "400 Refused ODD_CODE"),
        (refusal("words, of the portal", "words"), "400 Refused"),
        (page(403, "words"), "403 NotAPortal"),
        (redirect("https://renamed.test/rest/?words"), "302 Moved"),
        (raw(400, b'{"words": 1}', {"X-Words": "words"}), "400 BadAnswer"),
        (raw(200, b"words", {"Content-Encoding": "words"}), "no answer BadAnswer"),
        (drop, "no answer Interrupted"),
    ],
)
async def test_the_log_names_our_error_and_its_code_but_no_word_of_the_portal(
    behaviour: Behaviour, logged: str, log: Log
) -> None:
    async with scripted(*[behaviour] * 3) as portal, calling(portal.port) as caller:
        await caller.failed_read()
    ours = [record for record in log.records if record.name.startswith("bitrix24_dialogs")]
    attempts = [record.getMessage() for record in ours if record.levelno == logging.DEBUG]
    assert {line.split(" in ")[0] for line in attempts} == {f"{METHOD}: {logged}"}
    assert "words" not in "".join(record.getMessage() for record in ours)


@pytest.mark.anyio
async def test_a_rename_is_logged_without_addresses(log: Log) -> None:
    secret = fresh_secret()
    async with scripted() as portal:
        portal.script = [redirect(f"http://127.0.0.1:{portal.port}/rest/7/{secret}/{METHOD}.json")]
        async with calling(portal.port, secret=secret, redirect_hosts=frozenset({"127.0.0.1"})) as caller:
            await caller.read()
    written = log.written()
    assert "WARNING bitrix24_dialogs.gateway.gateway: the portal has been renamed" in written
    assert secret not in written


@pytest.mark.anyio
async def test_an_answer_and_its_raw_form_print_no_content() -> None:
    words = fresh_secret()
    async with scripted(raw(200, json.dumps({"result": words}).encode())) as portal, calling(portal.port) as caller:
        answer = await caller.gateway.read(METHOD, {}, caller.deadline())
    assert answer.result == words
    assert words not in repr(answer)


# The formatter and what it cuts out, without knowing any secret.

TEXTS = [
    "POST https://acme.bitrix24.com/rest/7/{}/profile.json",
    "POST https://acme.bitrix24.com/REST/7/{}",
    "https://acme.bitrix24.com/rest/api/7/{}/x",
    '{{"url": "https:\\/\\/acme.bitrix24.com\\/rest\\/7\\/{}\\/profile"}}',
    "back=https%3A%2F%2Facme.bitrix24.com%2Frest%2F7%2F{}%2Fprofile",
    "https://acme.bitrix24.com/x?auth={}&b=1",
    "https://acme.bitrix24.com/x?a=1&access_token={}",
    "https://acme.bitrix24.com/x?a=1;token={}",
    "refresh_token={}",
    "sessid={}, and more",
    "client_secret={}&code={}",
    '{{"auth": "{}"}}',
    "{{'access_token': '{}'}}",
    '{{"text": "{{\\"token\\": \\"{}\\"}}"}}',
    "Authorization: Bearer {}",
    "authorization = {}",
    '"Set-Cookie": "PHPSESSID={}"',
    "Cookie: a=b; c={}",
    "[(b'Set-Cookie', b'PHPSESSID={}'), (b'Connection', b'close')]",
    "X-Bitrix-Rest-Application: {}",
]


@pytest.mark.parametrize("text", TEXTS)
def test_secrets_are_cut_out_by_where_they_stand(text: str) -> None:
    secret = fresh_secret()
    redacted = redact(text.format(secret, secret))
    assert secret not in redacted
    assert "***" in redacted


@pytest.mark.parametrize(
    "text", ["", "nothing", "the code is 5", "/rest/7", "authority: x", "cookie dough, please", "50% off"]
)
def test_ordinary_texts_stay(text: str) -> None:
    assert redact(text) == text
    assert hide(text, [fresh_secret()]) == text


LONG = 200_000
RUNS = {
    "backslashes": "\\" * LONG,
    "backslashes after a key": '"token' + "\\" * LONG,
    "backslashes after slashes": "/rest\\" * (LONG // 6),
    "escaped quotes": '"token\\\\"' * (LONG // 9),
    "blanks after a key": '"token"' + " " * LONG,
    "blanks after a header": "Cookie" + " " * LONG,
    "line ends after a header": "Cookie:" + "\n" * LONG,
    "digits": "/rest/" + "1" * LONG,
    "starts of addresses": "/rest/1" * (LONG // 7),
    "starts of pairs": "token=" * (LONG // 6),
    "percent signs": "%" * LONG,
    "escapes": "\\u00" * (LONG // 4),
}


@pytest.mark.parametrize("text", RUNS.values(), ids=RUNS)
def test_no_text_takes_long_to_redact(text: str) -> None:
    began = time.thread_time()  # not a clock on the wall: the machine may have other things to do
    redact(text, [fresh_secret()])
    assert time.thread_time() - began < 1


def test_several_secrets_are_hidden_wherever_and_however_they_stand() -> None:
    one, two = fresh_secret(), fresh_secret()
    text = f"{one} {two.upper()} x{one}x {percent(two)} {unicode_escaped(one)}"
    assert hide(text, [one, two]) == "*** *** x***x *** ***"


def test_the_formatter_cuts_secrets_out_of_tracebacks_and_arguments() -> None:
    secret = fresh_secret()
    formatter = RedactingFormatter("%(levelname)s %(message)s", [secret])
    try:
        raise RuntimeError(f"https://acme.bitrix24.com/rest/7/{secret}/ and {secret}")  # noqa: TRY301
    except RuntimeError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, __file__, 1, "failed: %s", (f"k{secret}",), (type(error), error, error.__traceback__)
        )
    written = formatter.format(record)
    assert secret not in written
    assert written.startswith("ERROR failed: k***")
    assert "RuntimeError" in written


@pytest.mark.anyio
async def test_a_crashed_task_is_logged_without_its_secret(log: Log) -> None:
    secret = fresh_secret()
    asyncio.get_running_loop().call_exception_handler({"message": f"lost {webhook_to(1, secret)}"})
    assert secret not in log.written()
    assert "lost" in log.written()


def test_a_callers_token_is_cut_out_wherever_it_stands() -> None:
    token = new_token()
    assert token.removeprefix("b24d_") not in redact(f"a {token}, and '{token}'")
