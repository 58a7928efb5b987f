"""A name of a tool or a toolset that does not exist is refused by every command that would act on it."""

import os
import subprocess
import sys

import pytest

from tests.cli.conftest import Run

SETTINGS = ["BITRIX24_TOOLSETS", "BITRIX24_TOOLS", "BITRIX24_EXCLUDE_TOOLS"]


@pytest.mark.parametrize("command", ["serve", "doctor", "tools", "config cursor", "config cursor --transport http"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_it_is_refused_with_those_that_do(run_here: Run, command: str, setting: str) -> None:
    done = run_here(*command.split(), BITRIX24_DEMO="on", **{setting: "fly"})
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"bitrix24-dialogs-mcp: {setting}: there is no fly; there are ")
    assert ("people" if setting == "BITRIX24_TOOLSETS" else "dialog_get") in line


@pytest.mark.parametrize("setting", SETTINGS)
def test_it_does_not_listen_either(setting: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bitrix24_dialogs", "serve", "--transport", "http", "--port", "0"],
        env={**os.environ, "BITRIX24_DEMO": "on", "BITRIX24_HTTP_ALLOW_ANONYMOUS": "on", setting: "fly"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"bitrix24-dialogs-mcp: {setting}: there is no fly; there are ")


def test_a_flag_is_held_to_the_same(run_here: Run) -> None:
    done = run_here("serve", "--demo", "--toolsets", "default,fly")
    assert done.returncode == 2
    assert "BITRIX24_TOOLSETS: there is no fly; there are default, all, dialogs," in done.stderr
