"""Nothing that a caller sends can name a portal: every request goes to the configured one, with its own secret."""

from collections.abc import Iterator

import pytest

from bitrix24_dialogs.gateway.credentials import parse_webhook
from tests.transport.harness import Served
from tests.transport.raw import ask, encoded, event_stream, introduce, mcp_headers, modern_call, say, tool_call
from tests.transport.watched_portal import READ, WatchedPortal, watched_portal


@pytest.fixture(scope="module")
def _other() -> Iterator[WatchedPortal]:
    with watched_portal() as other:
        yield other


@pytest.fixture
def other(_other: WatchedPortal) -> WatchedPortal:
    """A portal that would answer, were it asked."""
    _other.forget()
    return _other


def names_of(other: WatchedPortal) -> dict[str, str]:
    """Ways to name a portal, as settings, other servers and proxies have them."""
    webhook = other.webhook()
    return {
        "X-Bitrix24-Webhook-Url": webhook,
        "X-Bitrix24-Webhook": webhook,
        "Bitrix24-Webhook-Url": webhook,
        "BITRIX24_WEBHOOK_URL": webhook,
        "X-Webhook-Url": webhook,
        "X-Forwarded-Host": webhook.split("/")[2],
        "X-Forwarded-Server": webhook.split("/")[2],
        "X-Original-URL": webhook,
        "X-Rewrite-URL": webhook,
        "Proxy": other.base,
        "Http-Proxy": other.base,
        "Referer": webhook,
        "Mcp-Param-Webhook-Url": webhook,
    }


def assert_only_the_configured_portal_was_asked(portal: WatchedPortal, other: WatchedPortal) -> None:
    assert other.arrived == []
    secret_path = parse_webhook(portal.webhook()).address("").removeprefix(portal.base).removesuffix(".json")
    assert all(request.path.startswith(secret_path) for request in portal.arrived)


@pytest.mark.parametrize("modern", [True, False])
def test_no_header_names_a_portal(modern: bool, served: Served, portal: WatchedPortal, other: WatchedPortal) -> None:
    headers, call = modern_call("dialog_get", chat_id=portal.chat_id)
    if not modern:
        headers, call = mcp_headers(), tool_call("dialog_get", chat_id=portal.chat_id)
    answer = ask(served.port, "POST", "/mcp", headers | served.bearer("first") | names_of(other), encoded(call))
    assert '"isError":false' in answer.text
    assert portal.methods == [READ]
    assert_only_the_configured_portal_was_asked(portal, other)
    assert other.base not in str(portal.arrived)
    assert {name.decode() for request in portal.arrived for name, _ in request.headers} == {
        "host",
        "connection",
        "user-agent",
        "accept",
        "accept-encoding",
        "content-type",
        "content-length",
        "x-request-id",
    }


def test_no_query_names_a_portal(served: Served, portal: WatchedPortal, other: WatchedPortal) -> None:
    query = "&".join(f"{name}={other.webhook()}" for name in ("webhook_url", "webhook", "portal", "base_url", "auth"))
    caller = served.bearer("first")
    call = encoded(tool_call("dialog_get", chat_id=portal.chat_id))
    answer = ask(served.port, "POST", f"/mcp?{query}", caller | mcp_headers(), call)
    assert '"isError":false' in answer.text
    with event_stream(served.port, caller | names_of(other)) as stream:
        introduce(served.port, stream, caller)
        stream.messages += "&" + query
        say(served.port, stream, caller | names_of(other), tool_call("dialog_get", chat_id=portal.chat_id))
        assert not stream.answer()["result"]["isError"]
    assert_only_the_configured_portal_was_asked(portal, other)


@pytest.mark.parametrize(
    "name", ["webhook_url", "webhook", "portal", "base_url", "url", "auth", "user_id", "AUTH", "_meta"]
)
@pytest.mark.parametrize("tool", ["dialog_get", "session_join", "session_mode_pin_all"])
def test_no_argument_names_a_portal(
    name: str, tool: str, served: Served, portal: WatchedPortal, other: WatchedPortal
) -> None:
    """Arguments that a tool does not have are refused, before anything is asked."""
    call = tool_call(tool, **{name: other.webhook()})
    if tool != "session_mode_pin_all":
        call["params"]["arguments"]["chat_id"] = portal.chat_id
    answer = ask(served.port, "POST", "/mcp", served.bearer("first") | mcp_headers(), encoded(call))
    assert '"isError":true' in answer.text
    assert portal.arrived == other.arrived == []


@pytest.mark.parametrize(
    "value", ["{base}", "{base}/rest/1/x/profile", "../../1/x/profile", "1/../profile?x=", "2043@{base}"]
)
@pytest.mark.parametrize("argument", ["chat_id", "user_code", "dialog_id", "session_id"])
def test_no_value_becomes_an_address(
    argument: str, value: str, served: Served, portal: WatchedPortal, other: WatchedPortal
) -> None:
    call = tool_call("dialog_get", **{argument: value.format(base=other.base)})
    answer = ask(served.port, "POST", "/mcp", served.bearer("first") | mcp_headers(), encoded(call))
    assert '"isError":true' in answer.text
    assert_only_the_configured_portal_was_asked(portal, other)
    assert set(portal.methods) <= {READ, "imopenlines.session.open"}


@pytest.mark.parametrize(
    "meta", ["webhook_url", "bitrix24-dialogs/webhook", "io.modelcontextprotocol/webhook", "headers"]
)
def test_no_metadata_names_a_portal(meta: str, served: Served, portal: WatchedPortal, other: WatchedPortal) -> None:
    headers, call = modern_call("dialog_get", chat_id=portal.chat_id)
    call["params"]["_meta"][meta] = other.webhook()
    answer = ask(served.port, "POST", "/mcp", headers | served.bearer("first"), encoded(call))
    assert '"isError":false' in answer.text
    assert_only_the_configured_portal_was_asked(portal, other)
