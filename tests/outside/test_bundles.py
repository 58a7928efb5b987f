"""What people install with a click or a command: judged by the programs that install it, then started by them.

Installing fetches the server's dependencies, so these tests alone use the machine's network; without one they skip.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

import bundle
from generator.project import read_project
from tests.outside.serving import DEMO
from tests.outside.tools import Ended, clean_environment, run

ROOT = Path(__file__).resolve().parent.parent.parent
_UV = Path(sys.executable).parent / "uv"
_NO_NETWORK = ("error sending request", "dns error", "failed to fetch", "could not connect", "timed out")

Npm = Callable[[str], list[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What is packed into the bundle."""
    bundle.assemble(read_project(ROOT), tmp_path / "mcpb")
    return tmp_path / "mcpb"


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """The repository as it is when somebody adds it as a marketplace."""
    copied = tmp_path / "plugin"
    for name in (".claude-plugin", "manifests", "server"):
        shutil.copytree(ROOT / name, copied / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("LICENSE", "README.md", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, copied)
    return copied


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The machine's own settings for its network, and a store of its own for what uv fetches."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("BITRIX24_", "PYTEST_", "COV_"))}
    proxies = {name: os.environ.get(name, "") for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")}
    return {
        **ours,
        **proxies,
        "UV_CACHE_DIR": str(tmp_path_factory.mktemp("uv")),
        "MCP_TIMEOUT": "120000",  # how long Claude Code waits for a server to start, in milliseconds
    }


@pytest.fixture
def uv(home: Path, network: Mapping[str, str]) -> Callable[..., Ended]:
    """Run uv; what fails for want of a network is skipped."""
    if not _UV.exists():
        pytest.skip("uv is not installed; run: make check")

    def run_uv(*arguments: str) -> Ended:
        ended = run([str(_UV), *arguments], home, own_home(network, home), seconds=600)
        if ended.code != 0 and any(sign in ended.stderr.lower() for sign in _NO_NETWORK):
            pytest.skip(f"uv could not fetch the server's dependencies: {ended.stderr.strip().splitlines()[-1]}")
        return ended

    return run_uv


def own_home(network: Mapping[str, str], home: Path) -> dict[str, str]:
    """The network's settings, with the folders of the test instead of the person's."""
    return {**network, **{name: clean_environment(home)[name] for name in ("HOME", "PATH", "LANG")}}


def broken(path: Path, name: str, value: object) -> Path:
    """``path`` with another value for ``name``."""
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), name: value}), encoding="utf-8")
    return path


def test_mcpb_takes_the_manifest_and_would_not_take_any(npm_tool: Npm, folder: Path, home: Path) -> None:
    validate = [*npm_tool("mcpb"), "validate", str(folder / "manifest.json")]
    taken = run(validate, home)
    assert taken.code == 0, taken
    broken(folder / "manifest.json", "server", {"type": "cobol"})
    assert run(validate, home).code != 0


def test_mcpb_packs_and_unpacks_the_same_files(npm_tool: Npm, folder: Path, home: Path, tmp_path: Path) -> None:
    packed = run([*npm_tool("mcpb"), "pack", str(folder), str(tmp_path / "theirs.mcpb")], home)
    assert packed.code == 0, packed
    bundle.pack(folder, tmp_path / "ours.mcpb")
    for name in ("theirs", "ours"):
        unpacked = run([*npm_tool("mcpb"), "unpack", str(tmp_path / f"{name}.mcpb"), str(tmp_path / name)], home)
        assert unpacked.code == 0, unpacked
        assert contents(tmp_path / name) == contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_unpacked_bundle_starts_as_its_manifest_says(
    uv: Callable[..., Ended], network: Mapping[str, str], folder: Path, home: Path
) -> None:
    synced = uv("sync", "--directory", str(folder))
    assert synced.code == 0, synced
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    start = manifest["server"]["mcp_config"]
    started = StdioServerParameters(
        command=str(_UV) if start["command"] == "uv" else start["command"],
        args=[argument.replace("${__dirname}", str(folder)) for argument in start["args"]],
        env=own_home(network, home) | DEMO,
    )

    async def names_of_tools() -> list[str]:
        with anyio.fail_after(180):
            async with Client(stdio_client(started)) as client:
                assert not (await client.call_tool("dialog_get", {"chat_id": 2043})).is_error
                return [tool.name for tool in (await client.list_tools()).tools]

    assert anyio.run(names_of_tools) == [tool["name"] for tool in manifest["tools"]]


@pytest.mark.parametrize("what", ["plugin.json", "marketplace.json"])
def test_claude_code_finds_no_fault_and_would_find_one(npm_tool: Npm, plugin: Path, home: Path, what: str) -> None:
    validate = [*npm_tool("claude"), "plugin", "validate", "--strict", str(plugin / ".claude-plugin" / what)]
    passed = run(validate, home)
    assert passed.code == 0, passed
    broken(plugin / ".claude-plugin" / what, "unheard-of", True)
    assert run(validate, home).code != 0


def test_claude_code_installs_the_plugin_and_connects(
    npm_tool: Npm, uv: Callable[..., Ended], network: Mapping[str, str], plugin: Path, home: Path
) -> None:
    fetched = uv(
        *("tool", "run", "--from", str(plugin), "--constraints", str(plugin / "requirements.lock")),
        *("bitrix24-dialogs-mcp", "--version"),
    )
    assert fetched.code == 0, fetched
    webhook = "https://portal.example/rest/7/" + os.urandom(8).hex() + "/"
    commands = (
        ["plugin", "marketplace", "add", str(plugin)],
        ["plugin", "install", "bitrix24-dialogs@bitrix24-dialogs", "--config", f"webhook_url={webhook}"],
        ["plugin", "details", "bitrix24-dialogs"],
        ["mcp", "list"],
    )
    said = []
    for command in commands:
        ended = run([*npm_tool("claude"), *command], home, own_home(network, home) | DEMO)
        assert ended.code == 0, ended
        said.append(ended.stdout)
    *_, details, listed = said
    assert "Skills (1)  bitrix24-dialogs" in details
    (line,) = [line for line in listed.splitlines() if line.startswith("plugin:bitrix24-dialogs:")]
    assert line.endswith("✔ Connected"), listed
    assert webhook not in listed
