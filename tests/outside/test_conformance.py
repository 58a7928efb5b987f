"""The conformance suite of the protocol's authors: all of it that asks for no tool made for the suite.

Left out are scenarios that call such tools (tools-call-*, resources-read-*, prompts-get-*, elicitation-*, tasks-*,
json-schema-2020-12, http-custom-header-server-validation and most of input-required-result-*), those that wait for
something that the server does not declare (logging-set-level, resources-subscribe), and those about sessions, of which
it has none (server-session-lifecycle, server-sse-polling, and in 2025-11-25 server-sse-multiple-streams).
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from tests.outside.serving import Served
from tests.outside.tools import run

Check = Mapping[str, Any]
ChecksOf = Callable[[str, str], list[Check]]

SCENARIOS: Mapping[str, tuple[str, ...]] = {
    "2025-11-25": (
        "server-initialize",
        "ping",
        "tools-list",
        "resources-list",
        "prompts-list",
        "completion-complete",
        "dns-rebinding-protection",
    ),
    "2026-07-28": (
        "server-stateless",
        "tools-list",
        "resources-list",
        "prompts-list",
        "completion-complete",
        "sep-2164-resource-not-found",
        "dns-rebinding-protection",
        "caching",
        "http-header-validation",
        "server-sse-multiple-streams",
        "input-required-result-unsupported-methods",
    ),
}
# What can be asked only of a server that has such things at all.
SCENARIOS_ABOUT = {
    "resources-list": "resources",
    "prompts-list": "prompts",
    "completion-complete": "completions",
    "sep-2164-resource-not-found": "resources",
}
CHECKS_ABOUT = {
    "sep-2549-prompts-list-caching-hints": "prompts",
    "sep-2549-resources-list-caching-hints": "resources",
    "sep-2549-resources-templates-list-caching-hints": "resources",
}
# What server-stateless asks of tools made for the suite; it says itself that it could not.
CHECKS_OF_ITS_TOOLS = {
    "sep-2575-server-rejects-undeclared-capability",
    "sep-2575-missing-capability-http-400",
    "sep-2575-http-server-no-independent-requests-on-stream",
    "sep-2575-server-no-log-without-loglevel",
}
_ABOUT_EVERY_MESSAGE = "wire-schema-valid"
_FINE = {"SUCCESS", "INFO", "SKIPPED"}  # so a warning is not


@pytest.fixture(scope="module")
def declared(anonymous_http_server: Served) -> set[str]:
    """What the server says it has: tools, and perhaps resources and prompts."""

    async def ask() -> set[str]:
        async with Client(anonymous_http_server.http) as client:
            return set(client.server_capabilities.model_dump(exclude_none=True))

    return anyio.run(ask)


@pytest.fixture
def checks_of(npm_tool: Callable[[str], list[str]], anonymous_http_server: Served, home: Path) -> ChecksOf:
    """Run one scenario."""
    suite = [*npm_tool("conformance"), "server", "--url", anonymous_http_server.http, "--output-dir", "results"]

    def run_scenario(scenario: str, version: str) -> list[Check]:
        ended = run([*suite, "--scenario", scenario, "--spec-version", version, "--timeout", "120000"], home)
        results = list(home.glob("results/*/checks.json"))
        assert len(results) == 1, str(ended)
        checks: list[Check] = json.loads(results[0].read_text(encoding="utf-8"))
        return checks

    return run_scenario


@pytest.mark.parametrize(
    ("version", "scenario"), [(version, scenario) for version, names in SCENARIOS.items() for scenario in names]
)
def test_a_scenario_succeeds(checks_of: ChecksOf, declared: set[str], version: str, scenario: str) -> None:
    about = SCENARIOS_ABOUT.get(scenario)
    if about and about not in declared:
        pytest.skip(f"conformance, {scenario}: the server declares no {about}")
    checks = checks_of(scenario, version)
    bad = [
        f"{check['status']} {check['id']}: {check.get('errorMessage') or check.get('details')}"
        for check in checks
        if check["status"] not in _FINE and not _left_out(check, declared)
    ]
    assert bad == []
    assert any(check["status"] == "SUCCESS" and check["id"] != _ABOUT_EVERY_MESSAGE for check in checks), checks


def _left_out(check: Check, declared: set[str]) -> bool:
    if check["id"] in CHECKS_OF_ITS_TOOLS:
        return (check.get("details") or {}).get("untestable") is True
    about = CHECKS_ABOUT.get(check["id"])
    return about is not None and about not in declared
