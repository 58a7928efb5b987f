import pytest

from bitrix24_dialogs.gateway import errors
from bitrix24_dialogs.gateway.answers import read_answer
from bitrix24_dialogs.gateway.clock import SystemClock
from bitrix24_dialogs.gateway.errors import Executed
from bitrix24_dialogs.gateway.http import HttpAnswer
from tests.gateway.harness import METHOD, calling, fresh_secret
from tests.gateway.scripted import ScriptedPortal, after, answer, hang, page, raw, redirect, scripted

pytestmark = pytest.mark.anyio

RENAMED = frozenset({"127.0.0.1"})


def path_of(secret: str, method: str = METHOD) -> str:
    return f"/rest/7/{secret}/{method}.json"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_renamed_portal_on_the_list_gets_the_same_post_once(status: int) -> None:
    secret = fresh_secret()
    async with scripted(answer("new")) as new, scripted() as old:
        old.script = [redirect(f"http://127.0.0.1:{new.port}{path_of(secret)}", status)]
        async with calling(old.port, secret=secret, redirect_hosts=RENAMED) as caller:
            assert await caller.read(TEXT="Привет", CHAT_ID=5) == "new"
    (first,), (second,) = old.requests, new.requests
    assert (second.verb, second.path, second.body) == ("POST", first.path, first.body)
    assert second.headers["content-type"] == "application/json"


async def test_a_write_follows_a_rename_and_runs_once() -> None:
    secret = fresh_secret()
    async with scripted(answer("done")) as new, scripted() as old:
        old.script = [redirect(f"http://127.0.0.1:{new.port}{path_of(secret)}")]
        async with calling(old.port, secret=secret, redirect_hosts=RENAMED) as caller:
            assert await caller.write(CHAT_ID=5) == "done"
    assert (old.methods, new.methods) == (["profile", METHOD], [METHOD])


async def test_a_write_whose_answer_is_lost_behind_a_rename_may_have_happened() -> None:
    secret = fresh_secret()
    async with scripted(page(502)) as new, scripted() as old:
        old.script = [redirect(f"http://127.0.0.1:{new.port}{path_of(secret)}")]
        async with calling(old.port, secret=secret, redirect_hosts=RENAMED) as caller:
            error = await caller.failed_write()
    assert type(error) is errors.OutcomeUnknown
    assert len(new.requests) == 1


async def test_a_query_at_the_new_address_is_left_out() -> None:
    secret = fresh_secret()
    async with scripted(answer("new")) as new, scripted() as old:
        old.script = [redirect(f"http://127.0.0.1:{new.port}{path_of(secret)}?from=old#top")]
        async with calling(old.port, secret=secret, redirect_hosts=RENAMED) as caller:
            assert await caller.read() == "new"
    assert new.requests[0].path == path_of(secret)


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
        loop = redirect(f"http://127.0.0.1:{portal.port}{path_of(secret)}")
        portal.script = [loop] * 20
        async with calling(portal.port, secret=secret, redirect_hosts=RENAMED) as caller:
            error = await caller.failed_read()
    assert type(error) is errors.Moved
    assert len(portal.requests) == 2


async def test_both_hops_together_have_the_time_of_one_answer() -> None:
    secret, clock = fresh_secret(), SystemClock()
    async with scripted(hang, hang, hang) as new, scripted() as old:
        old.script = [after(0.4, redirect(f"http://127.0.0.1:{new.port}{path_of(secret)}"))]
        async with calling(old.port, secret=secret, redirect_hosts=RENAMED, clock=clock, timeout=0.7) as caller:
            began = clock.now()
            error = await caller.failed_write()
    assert type(error) is errors.OutcomeUnknown
    assert clock.now() - began < 1.0


async def test_what_else_carries_a_location_is_read_as_usual() -> None:
    async with (
        scripted(raw(201, b'{"result": 1}', {"Location": "/elsewhere"})) as portal,
        calling(portal.port) as caller,
    ):
        assert await caller.read() == 1
