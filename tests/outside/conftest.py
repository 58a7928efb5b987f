"""What tests with programs from outside share: the programs, and servers for them to judge."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.outside import tools
from tests.outside.serving import Served, server, server_with_token


def pytest_itemcollected(item: pytest.Item) -> None:
    """Whatever stands in this folder is for ``make check``."""
    item.add_marker(pytest.mark.outside)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not checked, and why."""
    if terminalreporter.config.option.markexpr != "outside":
        return
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = [report.longrepr[2].removeprefix("Skipped: ") for report in skipped]
    terminalreporter.section("not checked")
    for reason in dict.fromkeys(reasons):
        terminalreporter.line(f"{reasons.count(reason)} test(s): {reason}")
    if not reasons:
        terminalreporter.line("Nothing was left out.")


@pytest.fixture(scope="session")
def node() -> Path:
    """Node, of the version that the programs want."""
    try:
        return tools.node()
    except tools.NotInstalledError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def npm_tool(node: Path) -> Callable[[str], list[str]]:
    """The command line that starts a program of an npm package, by the program's name."""

    def command(name: str) -> list[str]:
        try:
            return tools.npm_tool(name)
        except tools.NotInstalledError as error:
            pytest.skip(str(error))

    return command


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home for the programs of one test."""
    made = tmp_path / "home"
    made.mkdir()
    return made


@pytest.fixture(scope="session")
def http_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server over HTTP that asks for a token. Tests share it, so they only read from its portal."""
    with server_with_token(tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture(scope="session")
def anonymous_http_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The same for programs that cannot send a token."""
    with server(tmp_path_factory.mktemp("served"), BITRIX24_HTTP_ALLOW_ANONYMOUS="true") as served:
        yield served
