"""More connections than the process has files for: the rest is turned away in silence, and nothing else suffers."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import eventually
from tests.transport.harness import assert_quiet, held, make_callers, serving
from tests.transport.raw import ask, connection, encoded, event_stream, mcp_headers, tool_call
from tests.transport.watched_portal import WatchedPortal

FILES = 240
TURNED_AWAY = "turning connections away"


@pytest.mark.skipif(os.name != "posix", reason="the limit is set as POSIX systems do it")
def test_a_crowd_is_turned_away_with_one_line_in_the_log(portal: WatchedPortal, tmp_path: Path) -> None:
    few_files = ["sh", "-c", f'ulimit -n {FILES} && exec "$@"', "sh"]
    file, tokens = make_callers(tmp_path, first=False)
    settings = {"BITRIX24_WEBHOOK_URL": portal.webhook("operator"), "BITRIX24_OPERATORS_FILE": str(file)}
    with serving(tmp_path, tokens=tokens, started_by=few_files, **settings) as served:
        caller = served.bearer("first")
        with ExitStack() as opened:
            stream = opened.enter_context(event_stream(served.port, caller))
            crowd = [opened.enter_context(connection(served.port)) for _ in range(2 * FILES)]
            assert crowd[-1].is_closed()
            assert held(served).files < FILES
            assert TURNED_AWAY in served.log
            assert stream.messages
        eventually(lambda: held(served).files < 30)
        call = encoded(tool_call("dialog_get", chat_id=portal.chat_id))
        assert '"isError":false' in ask(served.port, "POST", "/mcp", caller | mcp_headers(), call).text
    assert served.log.count(TURNED_AWAY) == 1
    assert len(served.log.splitlines()) < 10
    assert_quiet(served.log)
