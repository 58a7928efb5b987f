"""A file behind a link: whom the gateway asks for it, what it takes, what it never tells."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bitrix24_dialogs.gateway import errors
from bitrix24_dialogs.gateway.errors import PortalError
from bitrix24_dialogs.gateway.limiter import Rate
from tests.gateway import harness
from tests.gateway.certificates import make_authority
from tests.gateway.clocks import LoopClock
from tests.gateway.harness import Caller, assert_one_line, calling, fresh_secret
from tests.gateway.scripted import (
    Behaviour,
    Request,
    ScriptedPortal,
    answer,
    cut_off,
    drip,
    drop,
    hang,
    page,
    raw,
    redirect,
    refusal,
    scripted,
)

pytestmark = pytest.mark.anyio

METHOD = "im.v2.File.download"
LARGEST = 100_000
TOKEN = "tk" + fresh_secret()
PATH = f"/rest/download.json?token={TOKEN}"


def link(portal: ScriptedPortal) -> Behaviour:
    return answer({"downloadUrl": f"http://127.0.0.1:{portal.port}{PATH}"})


async def fetched(caller: Caller, seconds: float = 53.0) -> bytes:
    got = await caller.gateway.download(METHOD, {"fileId": 1}, caller.deadline(seconds), largest=LARGEST)
    assert isinstance(got.result, bytes)
    return got.result


async def failed(caller: Caller, seconds: float = 53.0) -> PortalError:
    try:
        body = await fetched(caller, seconds)
    except PortalError as error:
        told = f"{error} {error!r} {error.said}"
        assert_one_line(str(error))
        assert TOKEN not in told
        assert "download.json" not in told
        assert caller.secret not in told
        return error
    raise AssertionError(f"expected a refusal, got {len(body)} bytes")


@asynccontextmanager
async def answering(*fetches: Behaviour, **how: Any) -> AsyncIterator[tuple[ScriptedPortal, Caller]]:
    """A portal that gives a link, and answers to it with the first of ``fetches``; and so on."""
    async with scripted() as portal, calling(portal.port, **how) as caller:
        for fetch in fetches:
            portal.script += [link(portal), fetch]
        yield portal, caller


async def test_the_bytes_come_with_a_request_that_carries_no_credential() -> None:
    async with answering(raw(200, b"\x89PNG bytes", {"Content-Type": "image/png", "Set-Cookie": "a=b"})) as (
        portal,
        who,
    ):
        assert await fetched(who) == b"\x89PNG bytes"
        first, second = portal.requests
    assert (first.verb, second.verb, second.path, second.body) == ("POST", "GET", PATH, b"")
    assert set(second.headers) == {
        "host",
        "connection",
        "user-agent",
        "accept",
        "accept-encoding",
        "accept-language",
        "referer",
    }
    assert who.secret not in str(second.headers)
    assert second.headers["referer"] == f"http://127.0.0.1:{portal.port}/"


async def test_no_cookie_is_kept() -> None:
    fine = raw(200, b"x", {"Set-Cookie": "session=1; Path=/"})
    async with answering(fine, fine) as (portal, who):
        await fetched(who)
        await fetched(who)
        assert all("cookie" not in request.headers for request in portal.requests)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/rest/download.json?token={token}",
        "https://127.0.0.1.evil.example/?token={token}",
        "https://127.0.0.1@evil.example/?token={token}",
        "https://user:{token}@127.0.0.1/x",
        "https://127.0.0.1:8443/?token={token}",
        "http://evil.example/?token={token}",
        "http://localhost:{port}/?token={token}",
        "http://127.0.0.1:1/?token={token}",
        "http://127.0.0.1/?token={token}",
        "ftp://127.0.0.1:{port}/?token={token}",
        "file:///etc/passwd?token={token}",
        "//evil.example/?token={token}",
        "/rest/download.json?token={token}",
        "https://evil.example\\@127.0.0.1:{port}/?token={token}",
        "http://127.0.0.1:{port}\\@evil.example/?token={token}",
        "http://127.0.0.1:{port}/\n?token={token}",
        " http://127.0.0.1:{port}/?token={token}",
        "http://127.0.0.1:{port}/é?token={token}",
        "https://[::1/?token={token}",
        "https://127.0.0.1:99999/?token={token}",
        "",
    ],
)
async def test_no_other_host_is_asked(url: str) -> None:
    async with answering() as (portal, who):
        given = url.format(token=TOKEN, port=portal.port)
        portal.script = [answer({"downloadUrl": given})] * 3
        error = await failed(who)
        assert set(portal.methods) == {METHOD}
    assert type(error) in {errors.FileRefused, errors.BadAnswer}
    assert "evil" not in str(error)


@pytest.mark.parametrize("result", [None, [], "http://127.0.0.1", {}, {"downloadUrl": None}, {"downloadUrl": ["x"]}, 5])
async def test_an_answer_without_a_link(result: Any) -> None:
    async with answering() as (portal, who):
        portal.script = [answer(result)] * 3
        assert type(await failed(who)) is errors.BadAnswer
        assert portal.methods == [METHOD] * 3


async def test_the_log_names_the_other_host_and_no_link(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bitrix24_dialogs")
    async with answering() as (portal, who):
        portal.script = [answer({"downloadUrl": f"https://files.example/x?token={TOKEN}"})]
        error = await failed(who)
    assert "BITRIX24_REDIRECT_HOSTS" in str(error)
    assert "files.example" in caplog.text
    assert TOKEN not in caplog.text


async def test_a_redirect_within_the_portal_is_followed() -> None:
    async with answering() as (portal, who):
        portal.script = [link(portal), redirect("/disk/file?x=1"), redirect("other", 303), raw(200, b"there")]
        assert await fetched(who) == b"there"
        assert [request.path for request in portal.requests[2:]] == ["/disk/file?x=1", "/disk/other"]
        assert {request.verb for request in portal.requests[1:]} == {"GET"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/x", "http://localhost:{port}/x"])
async def test_a_redirect_elsewhere_is_not(status: int, target: str) -> None:
    async with answering() as (portal, who):
        portal.script = [link(portal), redirect(target.format(port=portal.port), status)]
        assert type(await failed(who)) is errors.FileRefused
        assert len(portal.requests) == 2


async def test_a_host_on_the_list_is_asked_where_it_is_encrypted(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    async with scripted(raw(200, b"from there")) as there, scripted(tls=authority.server) as portal:
        where = f"https://127.0.0.1:{portal.port}/rest/7/{fresh_secret()}/"
        for hosts, scheme in ((frozenset({"localhost"}), "http"), (frozenset[str](), "https")):
            portal.script = [link_to(f"{scheme}://localhost:{there.port}/x")]
            async with calling(address=where, ca_file=authority.certificate, redirect_hosts=hosts) as caller:
                assert type(await failed(caller)) is errors.FileRefused
        assert there.requests == []


def link_to(address: str) -> Behaviour:
    return answer({"downloadUrl": address})


async def test_a_renamed_portal_on_the_list_may_give_links_to_its_new_name() -> None:
    secret = fresh_secret()
    async with scripted() as portal:
        old = f"http://localhost:{portal.port}/rest/7/{secret}/"
        portal.script = [link_to(f"https://127.0.0.1:{portal.port}{PATH}")] * 3
        hosts = frozenset({"127.0.0.1"})
        async with calling(address=old, ca_file=harness.FEW_AUTHORITIES, redirect_hosts=hosts) as caller:
            error = await failed(caller)
        assert type(error) is errors.CannotConnect  # it was asked, but what answers there speaks no TLS
        assert portal.connections > 1


async def test_a_loop_ends() -> None:
    async with answering() as (portal, who):
        portal.script = [link(portal), *[redirect(PATH)] * 20]
        assert "round and round" in str(await failed(who))
        assert len(portal.requests) == 5


async def test_what_says_it_is_too_large_is_not_read() -> None:
    async with answering(raw(200, b"x" * 10, {"Content-Length": str(LARGEST + 1)})) as (portal, who):
        error = await failed(who)
        assert len(portal.requests) == 2
    assert type(error) is errors.FileRefused
    assert "larger" in str(error)


async def test_as_large_as_allowed_is_taken() -> None:
    async with answering(raw(200, b"x" * LARGEST)) as (_, who):
        assert len(await fetched(who)) == LARGEST


async def test_without_a_length_it_is_counted_while_it_comes() -> None:
    sent = 0

    async def endless(request: Request) -> None:
        nonlocal sent
        await request.send(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n")
        while True:
            await request.send(b"x" * 10_000)
            sent += 10_000
            await asyncio.sleep(0)

    async with answering(endless) as (_, who):
        error = await failed(who)
    assert type(error) is errors.FileRefused
    assert sent < 100 * LARGEST


async def test_a_length_that_promises_more_than_comes_is_no_file() -> None:
    async with answering(*[cut_off] * 3) as (_, who):
        assert type(await failed(who)) is errors.Interrupted


@pytest.mark.parametrize("behaviour", [hang, drip])
async def test_it_ends_in_time(behaviour: Behaviour) -> None:
    clock = LoopClock()
    async with answering(*[behaviour] * 9, clock=clock, timeout=None) as (_, who):
        began = clock.now()
        error = await failed(who, 20)
        assert clock.now() - began <= 20
    assert type(error) is errors.Interrupted


async def test_redirects_share_the_time_of_one_answer() -> None:
    async def slow(request: Request) -> None:
        await asyncio.sleep(2)
        await redirect(PATH)(request)

    clock = LoopClock()
    async with answering(clock=clock, timeout=3) as (portal, who):
        portal.script = [link(portal), slow, hang]
        began = clock.now()
        await failed(who, 3.5)
        assert clock.now() - began <= 3.5


async def test_what_passes_is_tried_again_with_a_new_link() -> None:
    async with answering(page(502), drop, raw(200, b"at last")) as (portal, who):
        assert await fetched(who) == b"at last"
        assert portal.methods.count(METHOD) == 3


@pytest.mark.parametrize("status", [204, 206, 401, 403, 404, 410])
async def test_what_the_portal_does_not_give_out_is_asked_for_once(status: int) -> None:
    async with answering(page(status)) as (portal, who):
        error = await failed(who)
        assert len(portal.requests) == 2
    assert f"HTTP {status}" in str(error)


async def test_refusals_of_the_method_are_told_as_always() -> None:
    async with answering() as (portal, who):
        portal.script = [refusal("FILE_NOT_FOUND")]
        error = await failed(who)
    assert (type(error), error.code) == (errors.Refused, "FILE_NOT_FOUND")


async def test_the_method_is_counted_by_the_limiter_and_the_file_is_not() -> None:
    async with answering(*[raw(200, b"x")] * 3, rate=Rate(2, 0.001)) as (portal, who):
        await fetched(who)
        await fetched(who)
        assert type(await failed(who)) is errors.QueueFull
        assert len(portal.requests) == 4
