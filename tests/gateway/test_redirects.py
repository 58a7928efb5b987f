from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bitrix24_dialogs.gateway import errors
from bitrix24_dialogs.gateway.answers import read_answer
from bitrix24_dialogs.gateway.errors import Executed
from bitrix24_dialogs.gateway.http import HttpAnswer
from bitrix24_dialogs.gateway.redirects import next_address
from tests.gateway import harness
from tests.gateway.clocks import LoopClock
from tests.gateway.harness import METHOD, Caller, calling, fresh_secret
from tests.gateway.scripted import ScriptedPortal, after, answer, hang, page, raw, redirect, scripted

pytestmark = pytest.mark.anyio

RENAMED = frozenset({"127.0.0.1"})


def path_of(secret: str, method: str = METHOD) -> str:
    return f"/rest/7/{secret}/{method}.json"


@asynccontextmanager
async def renamed(portal: ScriptedPortal, secret: str, **how: Any) -> AsyncIterator[Caller]:
    """``portal`` under its old name, with the new one allowed: one port, as a rename changes the name alone."""
    old = f"http://localhost:{portal.port}/rest/7/{secret}/"
    async with calling(address=old, ca_file=harness.FEW_AUTHORITIES, redirect_hosts=RENAMED, **how) as caller:
        yield caller


def new_address(portal: ScriptedPortal, secret: str, method: str = METHOD) -> str:
    return f"http://127.0.0.1:{portal.port}{path_of(secret, method)}"


def hosts(portal: ScriptedPortal) -> list[str]:
    return [request.headers["host"].partition(":")[0] for request in portal.requests]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_renamed_portal_on_the_list_gets_the_same_post_once(status: int) -> None:
    secret = fresh_secret()
    async with scripted() as portal:
        portal.script = [redirect(new_address(portal, secret), status), answer("new")]
        async with renamed(portal, secret) as caller:
            assert await caller.read(TEXT="Привет", CHAT_ID=5) == "new"
    first, second = portal.requests
    assert hosts(portal) == ["localhost", "127.0.0.1"]
    assert (second.verb, second.path, second.body) == ("POST", first.path, first.body)
    assert second.headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [300, 303, 304, 305, 306, 399])
async def test_any_other_redirect_status_is_not_followed_and_tells_nothing_of_a_write(status: int) -> None:
    secret = fresh_secret()
    async with scripted() as portal:
        portal.script = [redirect(new_address(portal, secret), status)]
        async with renamed(portal, secret) as caller:
            error = await caller.failed_write()
    assert type(error) is errors.OutcomeUnknown
    assert hosts(portal) == ["localhost"] * 2


async def test_a_write_follows_a_rename_and_runs_once() -> None:
    secret = fresh_secret()
    async with scripted() as portal:
        portal.script = [redirect(new_address(portal, secret)), answer("done")]
        async with renamed(portal, secret) as caller:
            assert await caller.write(CHAT_ID=5) == "done"
    assert portal.methods == ["profile", METHOD, METHOD]
    assert hosts(portal) == ["localhost", "localhost", "127.0.0.1"]


async def test_a_write_whose_answer_is_lost_behind_a_rename_may_have_happened() -> None:
    secret = fresh_secret()
    async with scripted() as portal:
        portal.script = [redirect(new_address(portal, secret)), page(502)]
        async with renamed(portal, secret) as caller:
            error = await caller.failed_write()
    assert type(error) is errors.OutcomeUnknown
    assert hosts(portal).count("127.0.0.1") == 1


async def test_a_query_at_the_new_address_is_left_out() -> None:
    secret = fresh_secret()
    async with scripted() as portal:
        portal.script = [redirect(new_address(portal, secret) + "?from=old#top"), answer("new")]
        async with renamed(portal, secret) as caller:
            assert await caller.read() == "new"
    assert portal.requests[1].path == path_of(secret)


@pytest.mark.parametrize("user", ["me@", "me:secret@", ":@", "@"])
async def test_a_user_name_at_the_new_address_is_refused(user: str) -> None:
    secret = fresh_secret()
    async with scripted() as portal:
        portal.script = [redirect(new_address(portal, secret).replace("//", f"//{user}"))]
        async with renamed(portal, secret) as caller:
            assert type(await caller.failed_read()) is errors.Moved
    assert hosts(portal) == ["localhost"]


async def test_another_port_is_refused_even_of_a_host_on_the_list() -> None:
    secret = fresh_secret()
    async with scripted() as another, scripted() as portal:
        portal.script = [redirect(new_address(another, secret))]
        async with renamed(portal, secret) as caller:
            assert type(await caller.failed_read()) is errors.Moved
        assert another.connections == 0


SECURE = "https://old.test/rest/7/abcd/m.json"
PORTS = [
    (SECURE, "https://new.test/rest/7/abcd/m.json", "https://new.test/rest/7/abcd/m.json"),
    (SECURE, "https://new.test:443/rest/7/abcd/m.json", "https://new.test:443/rest/7/abcd/m.json"),
    (SECURE, "https://NEW.test/rest/7/abcd/m.json?x=1", "https://new.test/rest/7/abcd/m.json"),
    (SECURE, "https://new.test:8443/rest/7/abcd/m.json", None),
    (SECURE, "https://new.test:99999/rest/7/abcd/m.json", None),
    (SECURE, "https://new.test:x/rest/7/abcd/m.json", None),
    (SECURE, "http://new.test/rest/7/abcd/m.json", None),
    (SECURE, "//new.test/rest/7/abcd/m.json", None),
    ("https://old.test:8443/rest/7/abcd/m.json", "https://new.test:8443/rest/7/abcd/m.json", "https://new.test:8443/rest/7/abcd/m.json"),
    ("https://old.test:8443/rest/7/abcd/m.json", "https://new.test/rest/7/abcd/m.json", "https://new.test/rest/7/abcd/m.json"),
    (SECURE, "https://[2001:db8::1]/rest/7/abcd/m.json", "https://[2001:db8::1]/rest/7/abcd/m.json"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "location", "new"), PORTS)
def test_the_new_address_is_put_together_from_host_and_port(old: str, location: str, new: str | None) -> None:
    moved = HttpAnswer(status=308, content_type="", location=location, body=b"")
    assert next_address(old, moved, {"new.test", "2001:db8::1"}) == new


async def refused(location: str, secret: str, old: ScriptedPortal, allowed: frozenset[str]) -> errors.PortalError:
    old.script = [redirect(location)]
    async with calling(old.port, secret=secret, redirect_hosts=allowed) as caller:
        error = await caller.failed_write()
    assert error.executed is Executed.NO
    assert secret not in str(error)
    assert old.methods == ["profile", METHOD]
    return error


async def test_a_foreign_host_gets_nothing_at_all() -> None:
    secret = fresh_secret()
    async with scripted() as foreign, scripted() as old:
        location = f"http://127.0.0.1:{foreign.port}{path_of(secret)}"
        error = await refused(location, secret, old, frozenset({"new.bitrix24.com"}))
        assert foreign.connections == 0
    assert type(error) is errors.Moved
    assert "BITRIX24_REDIRECT_HOSTS" in str(error)
    assert "127.0.0.1" in str(error)


async def test_a_downgrade_to_http_is_refused_even_for_a_host_on_the_list() -> None:
    secret = fresh_secret()
    async with scripted() as old:
        location = f"http://portal.invalid{path_of(secret)}"
        error = await refused(location, secret, old, frozenset({"portal.invalid"}))
    assert type(error) is errors.Moved


@pytest.mark.parametrize(
    "path", ["/rest/7/{}/another.method.json", "/rest/8/{}/{}.json", "/new/rest/7/{}/{}.json", "/rest/"]
)
async def test_another_path_is_refused_even_at_a_host_on_the_list(path: str) -> None:
    secret = fresh_secret()
    async with scripted() as new, scripted() as old:
        location = f"http://127.0.0.1:{new.port}{path.format(secret, METHOD)}"
        error = await refused(location, secret, old, RENAMED)
        assert new.connections == 0
    assert type(error) is errors.Moved


@pytest.mark.parametrize(
    "path",
    [
        "/bitrix/coupon_activation.php",
        "https://portal.invalid/bitrix/coupon_activation.php?back=/rest/",
        "/bitrix/coupon_activation/",
    ],
)
async def test_the_licence_page_means_an_expired_licence(path: str) -> None:
    async with scripted() as old:
        error = await refused(path, fresh_secret(), old, RENAMED)
    assert type(error) is errors.LicenceExpired


@pytest.mark.parametrize(
    "location",
    [
        "/auth/",
        "https://portal.invalid/login?back=x",
        "",
        "//",
    ],
)
async def test_any_other_redirect_means_this_is_no_portal(location: str) -> None:
    async with scripted() as old:
        error = await refused(location, fresh_secret(), old, RENAMED)
    assert type(error) is errors.NotAPortal


@pytest.mark.parametrize(
    "location", ["https://[::1", "https://[no]/rest/7/{}/m.json", "javascript:alert(1)", "\x7f", "https://xn--.x/rest/"]
)
async def test_a_target_that_is_no_address_is_not_followed_and_not_repeated(location: str) -> None:
    secret = fresh_secret()
    async with scripted() as old:
        old.script = [redirect(location.format(secret))] * 3
        async with calling(old.port, secret=secret, redirect_hosts=RENAMED) as caller:
            error = await caller.failed_write()
            assert secret not in str(error)
            assert type(error) in {errors.NotAPortal, errors.OutcomeUnknown}
        assert old.methods == ["profile", METHOD]


async def test_a_target_that_cannot_even_be_taken_apart_means_this_is_no_portal() -> None:
    answer_itself = HttpAnswer(status=302, content_type="", location="https://[::1", body=b"")
    with pytest.raises(errors.NotAPortal):
        read_answer(answer_itself, [])


async def test_a_redirect_without_a_target_means_this_is_no_portal() -> None:
    async with scripted(raw(302, b"")) as old, calling(old.port) as caller:
        assert type(await caller.failed_read()) is errors.NotAPortal


async def test_an_unspeakable_host_is_not_repeated() -> None:
    secret = fresh_secret()
    async with scripted() as old:
        error = await refused(f"https://ignore_your<rules>{path_of(secret)}", secret, old, RENAMED)
    assert "another address" in str(error)
    assert "rules" not in str(error)


async def test_a_loop_ends_after_one_hop() -> None:
    secret = fresh_secret()
    async with scripted() as portal:
        portal.script = [redirect(new_address(portal, secret))] * 20
        async with renamed(portal, secret) as caller:
            error = await caller.failed_read()
    assert type(error) is errors.Moved
    assert len(portal.requests) == 2


async def test_both_hops_together_have_the_time_of_one_answer() -> None:
    secret, clock = fresh_secret(), LoopClock()
    async with scripted() as portal:
        portal.script = [after(2, redirect(new_address(portal, secret))), hang]
        async with renamed(portal, secret, clock=clock, timeout=3) as caller:
            began = clock.now()
            error = await caller.failed_write()
            assert clock.now() - began == pytest.approx(3, abs=0.01)
    assert type(error) is errors.OutcomeUnknown


async def test_what_else_carries_a_location_is_read_as_usual() -> None:
    async with (
        scripted(raw(201, b'{"result": 1}', {"Location": "/elsewhere"})) as portal,
        calling(portal.port) as caller,
    ):
        assert await caller.read() == 1
