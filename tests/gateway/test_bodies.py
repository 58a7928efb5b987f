"""Large, compressed and odd bodies."""

import gzip
import json
import threading
import tracemalloc
import zlib
from collections.abc import Iterator, Sequence

import pytest

from bitrix24_dialogs.gateway import errors
from bitrix24_dialogs.gateway.answers import read_any_answer
from bitrix24_dialogs.gateway.errors import Executed
from bitrix24_dialogs.gateway.http import HttpAnswer
from bitrix24_dialogs.gateway.parsing import parse
from tests.gateway.harness import calling, fresh_secret
from tests.gateway.scripted import Behaviour, answer, raw, scripted

pytestmark = pytest.mark.anyio

MIB = 1 << 20


def zeros(mib: int) -> bytes:
    """A gzip of so many MiB of zero bytes, put together from one; the checksum at its end is missing."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    first, another = (packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + another * (mib - 1)


def encoded(body: bytes, how: str) -> Behaviour:
    return raw(200, body, {"Content-Encoding": how})


async def test_a_compressed_answer_is_read() -> None:
    words = "Привет 🙂 " * 1000
    body = gzip.compress(json.dumps({"result": words}).encode())
    async with scripted(encoded(body, "gzip"), encoded(body, "GZIP")) as portal, calling(portal.port) as caller:
        assert await caller.read() == words
        assert await caller.read() == words
    assert portal.requests[0].headers["accept-encoding"] == "gzip"


async def test_an_answer_that_says_it_is_not_compressed_is_read() -> None:
    async with scripted(encoded(b'{"result": 1}', "identity")) as portal, calling(portal.port) as caller:
        assert await caller.read() == 1


@pytest.mark.parametrize("how", ["gzip, gzip", "gzip,gzip", "br", "deflate", "zstd", "gzip, identity", "x-odd"])
async def test_another_compression_than_asked_for_is_not_even_tried(how: str) -> None:
    body = gzip.compress(zeros(512))
    assert len(body) < 20_000
    tracemalloc.start()
    try:
        async with scripted(*[encoded(body, how)] * 3) as portal, calling(portal.port) as caller:
            error = await caller.failed_read()
        assert tracemalloc.get_traced_memory()[1] < 40 * MIB
    finally:
        tracemalloc.stop()
    assert (type(error), error.executed) == (errors.BadAnswer, Executed.UNKNOWN)


async def test_a_bomb_is_given_up_on_before_it_fills_the_memory() -> None:
    bomb = zeros(512)
    assert len(bomb) < MIB
    tracemalloc.start()
    try:
        async with scripted(encoded(bomb, "gzip")) as portal, calling(portal.port) as caller:
            error = await caller.failed_read()
        assert tracemalloc.get_traced_memory()[1] < 160 * MIB
        assert len(portal.requests) == 1  # it would be too large again
    finally:
        tracemalloc.stop()
    assert (type(error), error.executed, error.transient) == (errors.TooLarge, Executed.UNKNOWN, False)
    assert "larger than 64 MiB" in str(error)
    assert "Read it in Bitrix24" in str(error)


async def test_a_plain_answer_may_be_as_large_and_no_larger() -> None:
    fits = b'{"result": 1}' + b" " * (64 * MIB - 13)
    async with scripted(raw(200, fits), raw(200, fits + b" ")) as portal, calling(portal.port, timeout=20) as caller:
        assert await caller.read() == 1
        assert type(await caller.failed_read()) is errors.TooLarge


@pytest.mark.parametrize(
    "body", [b"", b"\x1f\x8b", gzip.compress(b'{"result": "' + b"x" * 5000)[:40], b'{"result": 1}'], ids=len
)
async def test_a_broken_compression_is_an_answer_that_cannot_be_read(body: bytes) -> None:
    async with scripted(encoded(body, "gzip")) as portal, calling(portal.port) as caller:
        error = await caller.failed_write()
    assert (type(error), error.executed) == (errors.OutcomeUnknown, Executed.UNKNOWN)


class Watched(Sequence[str]):
    """Secrets that know in which threads they were looked for."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def __iter__(self) -> Iterator[str]:
        self.threads.add(threading.get_ident())
        return iter([fresh_secret()])

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: object) -> str:  # type: ignore[override]
        raise AssertionError


@pytest.mark.parametrize(("size", "beside"), [(MIB - 100, False), (MIB + 100, True)])
async def test_a_large_answer_is_read_beside_the_event_loop(size: int, beside: bool) -> None:
    secrets = Watched()
    body = json.dumps({"result": "x" * size}).encode()
    found = await read_any_answer(HttpAnswer(status=200, content_type="", location="", body=body), secrets)
    assert len(found.result) == size
    assert (threading.get_ident() not in secrets.threads) is beside


# Half characters, and secrets.


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (r"half a \ud83d character", "half a \ufffd character"),
        (r"\uDE42 the other half", "\ufffd the other half"),
        (r"\ud83d\ude42 a whole one", "🙂 a whole one"),
        (r"\ude42\ud83d the wrong way round", "\ufffd\ufffd the wrong way round"),
        (r"\\ud83d no escape at all", r"\ud83d no escape at all"),
        ("Привет 🙂", "Привет 🙂"),
    ],
)
async def test_every_text_that_leaves_can_be_encoded(sent: str, read: str) -> None:
    body = f'{{"result": ["{sent}", {{"{sent}": [{{"deep": "{sent}"}}]}}], "time": {{"{sent}": "{sent}"}}}}'.encode()
    error = f'{{"error": "ODD", "error_description": "{sent}"}}'.encode()
    async with scripted(raw(200, body), raw(400, error)) as portal, calling(portal.port) as caller:
        assert await caller.read() == [read, {read: [{"deep": read}]}]
        said = (await caller.failed_read()).said
    assert said == read
    said.encode()


async def test_a_short_secret_of_digits_spoils_no_number() -> None:
    body = {"result": {"id": 1234, "text": "it is 1234.", "1234": [12345, 0.1234, True, None]}}
    async with scripted(answer(**body)) as portal, calling(portal.port, secret="1234") as caller:
        assert await caller.read() == {"id": 1234, "text": "it is ***.", "***": [12345, 0.1234, True, None]}


async def test_a_secret_of_digits_is_not_told_as_an_error_code() -> None:
    refused = raw(400, b'{"error": 1234, "error_description": "no"}')
    async with scripted(refused) as portal, calling(portal.port, secret="1234") as caller:
        assert (await caller.failed_read()).code == ""


@pytest.mark.parametrize("spelling", ["{}", "%s", "x{}x"], ids=["plain", "percent", "inside"])
def test_a_secret_is_hidden_in_texts_and_keys_at_any_depth(spelling: str) -> None:
    secret = fresh_secret()
    shown = "".join(f"%{ord(char):02x}" for char in secret) if spelling == "%s" else spelling.format(secret.upper())
    hidden = parse(json.dumps({shown: [[{"a": shown}]]}).encode(), [secret])
    assert secret not in json.dumps(hidden).lower()
    assert "***" in json.dumps(hidden)


def test_what_is_nested_too_deeply_cannot_be_read_with_or_without_something_to_mend() -> None:
    deep = "[" * 900 + "{}" + "]" * 900
    for text in ['"plain"', '"100%"', r'"\ud800"']:
        parse(deep.format(text).encode(), ["secret"])  # an answer or none, but no crash
    assert parse(b"[" * 100_000 + b"]" * 100_000, []) is None
