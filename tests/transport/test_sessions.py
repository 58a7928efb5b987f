"""Sessions of the older transport: nobody but the caller who opened a stream can use it."""

import re

import pytest

from tests.support import eventually
from tests.transport.harness import Served
from tests.transport.raw import ask, encoded, event_stream, introduce, mcp_headers, message, say, tool_call
from tests.transport.watched_portal import WatchedPortal


def test_another_caller_cannot_post_into_a_session(served: Served, portal: WatchedPortal) -> None:
    owner = served.bearer("reader")
    with event_stream(served.port, owner) as stream:
        introduce(served.port, stream, owner)
        call = tool_call("session_join", chat_id=portal.chat_id)
        stranger = ask(served.port, "POST", stream.messages, served.bearer("first") | mcp_headers(), encoded(call))
        unknown = ask(
            served.port,
            "POST",
            f"/messages/?session_id={'0' * 32}",
            served.bearer("first") | mcp_headers(),
            encoded(call),
        )
        assert stranger.status == unknown.status == 404
        assert stranger.body == unknown.body
        assert say(served.port, stream, owner, message("ping", 5)) == 202
        assert stream.answer()["id"] == 5
    assert portal.methods == []


def test_a_session_needs_its_callers_token_with_every_message(served: Served) -> None:
    with event_stream(served.port, served.bearer("first")) as stream:
        assert ask(served.port, "POST", stream.messages, mcp_headers(), encoded(message("ping"))).status == 401


def test_sessions_cannot_be_guessed(served: Served) -> None:
    """They are random, and nothing of one says anything about the next."""
    names = []
    for _ in range(8):
        with event_stream(served.port, served.bearer("first")) as stream:
            match = re.fullmatch(r"/messages/\?session_id=([0-9a-f]{32})", stream.messages)
            assert match
            names.append(int(match[1], 16))
    differing = [(one ^ other).bit_count() for one in names for other in names if one < other]
    assert len(set(names)) == 8
    assert min(differing) > 25  # of 122 random bits; fewer comes up once in 10^10 pairs


def test_a_session_ends_with_its_stream(served: Served) -> None:
    caller = served.bearer("first")
    with event_stream(served.port, caller) as stream:
        assert say(served.port, stream, caller, message("ping")) == 202
    eventually(lambda: say(served.port, stream, caller, message("ping")) == 404)


@pytest.mark.parametrize("query", ["", "?session_id=", "?session_id=../x", "?session_id=%0d%0aX", "?session_id=é"])
def test_what_is_no_session_is_refused(query: str, served: Served) -> None:
    path = "/messages/" + query.encode().decode("latin-1")
    answer = ask(served.port, "POST", path, served.bearer("first") | mcp_headers(), encoded(message("ping")))
    assert answer.status == 400


@pytest.mark.parametrize("sent", [b"{", b"[]", b"\xff\xfe", b"null", b'{"jsonrpc":"2.0"}', b"[" * 5000, b""])
def test_a_session_survives_nonsense(sent: bytes, served: Served) -> None:
    caller = served.bearer("first")
    with event_stream(served.port, caller) as stream:
        introduce(served.port, stream, caller)
        before = served.log
        answer = ask(served.port, "POST", stream.messages, caller | mcp_headers(), sent)
        assert answer.status == 400
        assert served.log == before
        assert say(served.port, stream, caller, message("ping", 9)) == 202
        answers = [stream.answer()]
        while answers[-1].get("id") != 9:
            answers.append(stream.answer())
        assert "error" not in answers[-1]


def test_ones_own_sessions_do_not_mix(served: Served, portal: WatchedPortal) -> None:
    caller = served.bearer("first")
    with event_stream(served.port, caller) as one, event_stream(served.port, caller) as other:
        introduce(served.port, one, caller)
        introduce(served.port, other, caller)
        say(served.port, one, caller, tool_call("dialog_get", chat_id=portal.chat_id))
        say(served.port, other, caller, message("ping", 2))
        assert other.answer()["id"] == 2
        assert one.answer()["id"] == 1
