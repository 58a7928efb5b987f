"""What a server over stdio loads before it has listed its tools: an assistant waits for that at each start."""

import subprocess
import sys

import pytest

_LIBRARIES = "import sys, mcp.server.lowlevel, mcp.server.stdio, pydantic_settings"
_SERVER = """
import sys
from bitrix24_dialogs.cli import main
from bitrix24_dialogs.cli.serve import run_serve
from bitrix24_dialogs.handlers.tools import published
from bitrix24_dialogs.server import build_server
from bitrix24_dialogs.settings import Settings
app = build_server(Settings(**{settings}))
assert [published(tool) for tool in app.toolbox.listed()]
"""
_OTHERS = ("portal", "transport.http", "transport.serving", "transport.gate", "callers.admission", "callers.operators")
_COMMANDS = ("callers", "config", "demo", "doctor", "portal", "serve_http", "tools")


def modules(script: str) -> set[str]:
    """What is loaded once ``script`` has run."""
    done = subprocess.run(
        [sys.executable, "-c", f"{script}\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("settings", [{}, {"toolsets": "all", "language": "ru", "confirm": "writes"}])
def test_it_loads_nothing_that_serving_does_not_need(settings: dict[str, str]) -> None:
    loaded = modules(_SERVER.format(settings=settings))
    ours = {name.removeprefix("bitrix24_dialogs.") for name in loaded if name.startswith("bitrix24_dialogs.")}
    assert "tools.reply" in ours
    assert {name for name in ours if name.startswith(_OTHERS)} == set()
    assert {name for name in ours if name.startswith(tuple(f"cli.{command}" for command in _COMMANDS))} == set()
    # Nor a library besides those that it cannot do without.
    assert {name for name in loaded if not name.startswith("bitrix24_dialogs")} <= modules(_LIBRARIES)
