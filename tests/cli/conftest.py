"""Commands as a person runs them, inside the tests' own process: much quicker than a process each."""

import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bitrix24_dialogs.cli import main
from bitrix24_dialogs.language.speech import Speech


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for this program's data, in a home of its own; neither is there yet."""
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    return home / "data" / "bitrix24-dialogs-mcp"


@pytest.fixture
def _logs_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    handlers = root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in ["", *root.manager.loggerDict]}
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    for name in list(root.manager.loggerDict):
        logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))
    root.setLevel(levels[""])


@pytest.fixture
def speech() -> Speech | None:
    """How whoever runs a command is spoken to; None for what the settings say."""
    return None


@pytest.fixture
def run_here(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    speech: Speech | None,
    _logs_as_they_were: None,
) -> Run:
    """Run a command with its arguments, and settings by their names."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)

    def run_command(*arguments: str, **settings: str) -> Done:
        with monkeypatch.context() as environment:
            for name, value in settings.items():
                environment.setenv(name, value)
            try:
                code = main(arguments, speech)
            except SystemExit as end:  # the argument parser's own way out
                code = int(end.code or 0)
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return run_command
