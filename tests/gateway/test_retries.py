"""What is repeated, and what never is."""

import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest

from bitrix24_dialogs.gateway import errors
from bitrix24_dialogs.gateway.clock import Deadline
from bitrix24_dialogs.gateway.credentials import OneWebhook, parse_webhook
from bitrix24_dialogs.gateway.errors import Executed
from bitrix24_dialogs.gateway.gateway import Gateway
from bitrix24_dialogs.gateway.http import HttpAnswer, HttpClient
from bitrix24_dialogs.gateway.limiter import STANDARD, UNLIMITED
from tests.gateway.clocks import JumpingClock, LoopClock
from tests.gateway.harness import CALL_SECONDS, METHOD, calling, fresh_secret, webhook_to
from tests.gateway.scripted import (
    Behaviour,
    ScriptedPortal,
    after,
    answer,
    cut_off,
    drip,
    drop,
    hang,
    page,
    raw,
    refusal,
    reset,
    scripted,
)

pytestmark = pytest.mark.anyio

# What leaves it open whether the method ran.
UNCERTAIN: dict[str, Behaviour] = {
    "closed without an answer": drop,
    "reset": reset,
    "cut off": cut_off,
    "HTML 500": page(500),
    "HTML 502": page(502),
    "HTML 503": page(503),
    "HTML 504": page(504),
    "HTML 408": page(408),
    "HTML 200": page(200),
    "empty": raw(200, b""),
    "cut-off JSON": raw(200, b'{"result": tr'),
    "wrong encoding": raw(200, '{"result": "да"}'.encode("cp1251")),
    "no result": raw(200, b"{}"),
    "INTERNAL_SERVER_ERROR": refusal("INTERNAL_SERVER_ERROR", "", 500),
    "ERROR_CORE": refusal("ERROR_CORE", "", 400),
    "ERROR_UNEXPECTED_ANSWER": refusal("ERROR_UNEXPECTED_ANSWER", "", 500),
    "an unknown error with status 500": refusal("ODD_CODE", "", 500),
    "an error beside a result": raw(503, b'{"result": true, "error": "QUERY_LIMIT_EXCEEDED"}'),
    "an error that is null": raw(400, b'{"error": null}'),
    "HTTP 300": raw(300, b'{"error": "ERROR_ARGUMENT"}'),
    "HTTP 303": raw(303, b"", {"Location": "/bitrix/"}),
    "HTTP 304": raw(304, b"", {"Content-Length": "0"}),
}

# What the portal certainly did not run, and may run another time.
PASSING: dict[str, Behaviour] = {
    "QUERY_LIMIT_EXCEEDED": refusal("QUERY_LIMIT_EXCEEDED", "", 503),
    "CONNECTION_ERROR": refusal("CONNECTION_ERROR", "", 401),
}

# What would be refused again.
FINAL: dict[str, Behaviour] = {
    "a refusal": refusal("ERROR_ARGUMENT"),
    "a blank refusal": refusal(""),
    "a credential refused": refusal("NO_AUTH_FOUND", "", 401),
    "no scope": refusal("insufficient_scope", "", 401),
    "blocked by hand": refusal("OVERLOAD_LIMIT", "", 503),
    "no such page": page(404),
    "a firewall": page(403),
    "running time used up": refusal("OPERATION_TIME_LIMIT", "", 429),
}


@pytest.mark.parametrize("failure", [*UNCERTAIN.values(), *PASSING.values()], ids=[*UNCERTAIN, *PASSING])
async def test_a_read_gets_over_two_passing_failures(failure: Behaviour) -> None:
    async with scripted(failure, failure, answer("there")) as portal, calling(portal.port) as caller:
        assert await caller.read(N=5) == "there"
    assert portal.methods == [METHOD] * 3
    assert {request.body for request in portal.requests} == {b'{"N":5}'}


@pytest.mark.parametrize("failure", UNCERTAIN.values(), ids=UNCERTAIN)
async def test_a_read_gives_up_after_three_tries(failure: Behaviour) -> None:
    async with scripted(*[failure] * 9) as portal, calling(portal.port) as caller:
        error = await caller.failed_read()
    assert type(error) in {errors.BadAnswer, errors.Interrupted}
    assert len(portal.requests) == 3


@pytest.mark.parametrize("failure", FINAL.values(), ids=FINAL)
async def test_neither_reads_nor_writes_are_repeated_after_a_final_refusal(failure: Behaviour) -> None:
    async with scripted(failure, failure) as portal, calling(portal.port) as caller:
        assert (await caller.failed_read("a.read")).executed is Executed.NO
        assert (await caller.failed_write("a.write")).executed is Executed.NO
    assert portal.methods == ["a.read", "profile", "a.write"]


@pytest.mark.parametrize("failure", UNCERTAIN.values(), ids=UNCERTAIN)
async def test_a_write_with_an_unknown_outcome_is_sent_once_and_may_have_happened(failure: Behaviour) -> None:
    async with scripted(failure) as portal, calling(portal.port) as caller:
        error = await caller.failed_write(CHAT_ID=5)
    assert portal.methods == ["profile", METHOD]
    assert portal.requests[1].json == {"CHAT_ID": 5}
    assert type(error) is errors.OutcomeUnknown
    assert error.executed is Executed.UNKNOWN
    assert "may have happened" in str(error)


@pytest.mark.parametrize("slow", [hang, drip, after(4, answer("late"))], ids=["hang", "drip", "late"])
async def test_a_write_that_is_not_answered_in_time_may_have_happened(slow: Behaviour) -> None:
    clock = LoopClock()
    async with scripted(slow) as portal, calling(portal.port, clock=clock, timeout=3) as caller:
        began = clock.now()
        error = await caller.failed_write()
        assert clock.now() - began == pytest.approx(3, abs=0.01)
    assert portal.methods == ["profile", METHOD]
    assert type(error) is errors.OutcomeUnknown
    assert "did not answer within 3 seconds" in str(error)


class Waits(HttpClient):
    """Notes how long each answer may be waited for."""

    def __init__(self) -> None:
        super().__init__("test-agent/1")
        self.seconds: list[float] = []

    async def post(self, url: str, payload: Mapping[str, Any], seconds: float, request_id: str) -> HttpAnswer:
        self.seconds.append(seconds)
        return HttpAnswer(status=200, content_type="", location="", body=b'{"result": {"ID": "7"}}')


@pytest.mark.parametrize(
    ("timeout", "read", "write"), [(None, 30, CALL_SECONDS), (5, 5, 5), (50, 50, 50)], ids=["unset", "short", "long"]
)
async def test_how_long_an_answer_is_waited_for(timeout: float | None, read: float, write: float) -> None:  # noqa: ASYNC109
    clock, http = JumpingClock(), Waits()
    webhook = parse_webhook(webhook_to(1, fresh_secret()))
    gateway = Gateway(OneWebhook(webhook), http, clock, rate=UNLIMITED, timeout=timeout)
    await gateway.read(METHOD, {}, Deadline.after(clock, CALL_SECONDS))
    await gateway.read(METHOD, {}, Deadline.after(clock, 2))
    await gateway.read(METHOD, {}, Deadline.after(clock, CALL_SECONDS), spare=30)  # a change is to follow
    await gateway.write(METHOD, {}, Deadline.after(clock, CALL_SECONDS))
    await gateway.write(METHOD, {}, Deadline.after(clock, 31))
    profile = min(read, CALL_SECONDS - 30)
    assert http.seconds == pytest.approx([read, 2, profile, profile, write, min(write, 31)], abs=0.01)


@pytest.mark.parametrize("slow", [hang, drip], ids=["hang", "drip"])
async def test_a_read_that_is_not_answered_in_time_is_repeated(slow: Behaviour) -> None:
    async with scripted(slow, slow, answer("there")) as portal, calling(portal.port, timeout=2) as caller:
        assert await caller.read() == "there"
    assert len(portal.requests) == 3


@pytest.mark.parametrize("failure", PASSING.values(), ids=PASSING)
async def test_a_write_refused_before_it_ran_is_repeated(failure: Behaviour) -> None:
    async with scripted(failure, failure, answer("done")) as portal, calling(portal.port) as caller:
        assert await caller.write(N=1) == "done"
    assert portal.methods == ["profile", METHOD, METHOD, METHOD]


@pytest.mark.parametrize("status", [200, 400, 403, 500])
@pytest.mark.parametrize("code", ["QUERY_LIMIT_EXCEEDED", "CONNECTION_ERROR"])
async def test_a_passing_refusal_that_may_be_the_methods_own_is_repeated_for_reads_only(code: str, status: int) -> None:
    if (code, status) == ("CONNECTION_ERROR", 403):
        status = 429
    failure = refusal(code, "", status)
    async with scripted(failure, answer("there"), failure) as portal, calling(portal.port) as caller:
        assert await caller.read() == "there"
        error = await caller.failed_write()
        assert (type(error), error.code, error.executed) == (errors.PassingRefusal, code, Executed.NO)
    assert portal.methods == [METHOD, METHOD, "profile", METHOD]


async def test_an_unknown_outcome_keeps_what_the_portal_said() -> None:
    async with scripted(refusal("ODD_CODE", "A table is locked", 500)) as portal, calling(portal.port) as caller:
        error = await caller.failed_write()
    assert (type(error), error.code, error.said) == (errors.OutcomeUnknown, "ODD_CODE", "A table is locked")


async def test_a_method_whose_running_time_is_used_up_is_named() -> None:
    used_up = refusal("OPERATION_TIME_LIMIT", "", 429)
    async with scripted(used_up, used_up) as portal, calling(portal.port) as caller:
        for _ in ["refused by the portal", "refused here"]:
            error = await caller.failed_read("imopenlines.dialog.get")
            assert "The method imopenlines.dialog.get has used up its running time on the portal" in str(error)
    assert len(portal.requests) == 1


async def test_a_repeated_write_stops_at_the_first_unknown_outcome() -> None:
    script = [PASSING["QUERY_LIMIT_EXCEEDED"], reset, answer("never")]
    async with scripted(*script) as portal, calling(portal.port) as caller:
        assert type(await caller.failed_write()) is errors.OutcomeUnknown
    assert portal.methods == ["profile", METHOD, METHOD]


async def test_a_refused_connection_is_tried_again_for_writes_too(closed: socket.socket, closed_port: int) -> None:
    """The portal comes up during the pause after the first try, and gets the write once."""
    portal = ScriptedPortal()

    class Meanwhile(JumpingClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if not portal.port:
                await stack.enter_async_context(scripted(portal=portal, listener=closed))

    async with AsyncExitStack() as stack, calling(closed_port, clock=Meanwhile()) as caller:
        assert await caller.write(N=1) is True
    assert portal.methods == ["profile", METHOD]


async def test_a_refused_connection_is_given_up_after_three_tries(closed_port: int) -> None:
    clock = JumpingClock()
    async with calling(closed_port, clock=clock) as caller:
        assert type(await caller.failed_write()) is errors.CannotConnect
    assert len(clock.slept) == 2


async def test_a_rate_refusal_is_waited_out_with_growing_pauses() -> None:
    clock = JumpingClock()
    limited = PASSING["QUERY_LIMIT_EXCEEDED"]
    async with scripted(*[limited] * 4, answer("there")) as portal, calling(portal.port, clock=clock) as caller:
        assert await caller.read() == "there"
    for pause, least in zip(clock.slept, [1, 2, 4, 8], strict=True):
        assert least <= pause <= least * 1.25


@pytest.mark.parametrize("rate", [None, STANDARD], ids=["unlimited", "standard"])
@pytest.mark.parametrize("kind", ["read", "write"])
async def test_all_tries_together_stay_within_the_deadline(kind: str, rate: object) -> None:
    clock = JumpingClock()
    limited = PASSING["QUERY_LIMIT_EXCEEDED"]
    more = {} if rate is None else {"rate": rate}
    async with scripted(*[limited] * 30) as portal, calling(portal.port, clock=clock, **more) as caller:
        began = clock.now()
        error = await (caller.failed_read() if kind == "read" else caller.failed_write())
        took = clock.now() - began
    assert isinstance(error, errors.RateLimited)
    assert took <= (CALL_SECONDS if kind == "read" else CALL_SECONDS - 30)
    assert 3 < len(portal.requests) <= 10


@pytest.mark.parametrize("seconds", [29.9, 10, 0, -1])
@pytest.mark.parametrize("rate", [None, STANDARD], ids=["unlimited", "standard"])
async def test_a_write_without_the_time_for_its_answer_is_not_sent_at_all(seconds: float, rate: object) -> None:
    more = {} if rate is None else {"rate": rate}
    async with scripted() as portal, calling(portal.port, **more) as caller:
        error = await caller.failed_write(seconds=seconds)
        assert type(error) is errors.NotSent
        assert error.executed is Executed.NO
    assert portal.requests == []


async def test_a_read_whose_deadline_has_passed_is_not_sent() -> None:
    async with scripted() as portal, calling(portal.port, rate=STANDARD) as caller:
        assert type(await caller.failed_read(seconds=0.1)) is errors.NotSent
    assert portal.requests == []


async def test_a_read_waits_for_its_answer_no_longer_than_its_deadline() -> None:
    clock = LoopClock()
    async with scripted(*[hang] * 3) as portal, calling(portal.port, clock=clock, timeout=20) as caller:
        began = clock.now()
        error = await caller.failed_read(seconds=2)
        assert clock.now() - began == pytest.approx(2, abs=0.01)
    assert type(error) is errors.Interrupted
    assert len(portal.requests) == 1


async def test_a_connection_that_the_portal_closes_between_calls_is_not_used_again() -> None:
    async with scripted(raw(200, b'{"result": 1}', {"Connection": "close"})) as portal, calling(portal.port) as caller:
        assert await caller.read() == 1
        assert await caller.write() is True
    assert portal.methods == [METHOD, "profile", METHOD]
