"""The container image: what is in it, and that it serves as an operations team would run it."""

import json
import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from bitrix24_dialogs import __version__
from generator.publisher import read_publisher
from tests.outside.image.archive import Added, SavedImage, read_image
from tests.outside.image.container import Container, running
from tests.outside.image.debian import debian
from tests.outside.image.docker import docker
from tests.outside.image.engine import SECRETS, Engine, NoEngineError, Start

pytestmark = pytest.mark.outside

ROOT = Path(__file__).resolve().parents[2]
MOST_ADDED = 90_000_000
STOP_SECONDS = 5
SERVES = "Serving MCP on"
LABEL = "org.opencontainers.image"
OURS = "opt/bitrix24-dialogs"
UNCHECKED = b"\x01\x00\x00\x00"  # the second word of compiled code that is believed without a look at its source


@dataclass(frozen=True)
class Built:
    engine: Engine
    image: SavedImage


@dataclass(frozen=True)
class Serving:
    container: Container
    token: str


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    base = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)[-1]
    archive = tmp_path_factory.mktemp("image") / "image.tar"
    with pytest.MonkeyPatch.context() as patch:
        # Where administrators' programs lie; apt, debootstrap and runc need it, and not everybody's path has it.
        patch.setenv("PATH", f"{os.environ['PATH']}:/usr/local/sbin:/usr/sbin:/sbin")
        try:
            engine = _engine(base)
            try:
                engine.build(ROOT)
                engine.save(archive)
                image = read_image(archive, engine.base_layers())
                archive.unlink()
                yield Built(engine, image)
            finally:
                engine.close()
        except NoEngineError as error:
            pytest.skip(f"image check skipped: {error}")


def _engine(base: str) -> Engine:
    """What builds here; the error names what is missing of each way."""
    missing = []
    for find in (docker, debian):
        try:
            return find(base)
        except NoEngineError as error:
            missing.append(str(error))
    raise NoEngineError("; ".join(missing))


@pytest.fixture(scope="module")
def configuration(built: Built) -> dict[str, Any]:
    return built.image.configuration


@pytest.fixture(scope="module")
def serving(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A container of the image with its own command."""
    with _serving(built, "serving", tmp_path_factory.mktemp("serving")) as served:
        yield served


@contextmanager
def _serving(built: Built, name: str, folder: Path) -> Iterator[Serving]:
    token = secrets.token_urlsafe(32)
    mounted = folder / "secrets"
    mounted.mkdir()
    (mounted / "http-token").write_text(f"{token}\n")
    for path in (*folder.parents[:2], folder, mounted):  # the container is somebody else
        path.chmod(0o755)
    environment = {"BITRIX24_DEMO": "1", "BITRIX24_HTTP_TOKEN_FILE": f"{SECRETS}/http-token"}
    start = Start(_name(name), environment=environment, secrets=mounted)
    with running(built.engine, start, folder) as container:
        container.wait_until_told(SERVES)
        yield Serving(container, token)


def _name(what: str) -> str:
    return f"image-check-{os.getpid()}-{what}"


def _files(image: SavedImage) -> list[Added]:
    return [file for file in image.added if file.is_file]


# What it is


def test_adds_little_to_its_base(built: Built) -> None:
    assert 20_000_000 < built.image.added_bytes < MOST_ADDED


def test_is_configured_for_operations(configuration: dict[str, Any]) -> None:
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", configuration["User"])
    assert configuration["Entrypoint"] == ["bitrix24-dialogs-mcp"]
    assert configuration["Cmd"] == ["serve", "--transport", "http", "--host", "0.0.0.0", "--port", "8000"]  # noqa: S104
    assert list(configuration["ExposedPorts"]) == ["8000/tcp"]
    assert configuration["StopSignal"] == "SIGTERM"
    assert configuration["WorkingDir"] == "/"
    assert not configuration.get("Volumes")


def test_carries_no_setting(configuration: dict[str, Any]) -> None:
    assert not [variable for variable in configuration["Env"] if "BITRIX24" in variable or "TOKEN" in variable]


def test_says_what_it_is_and_whose(configuration: dict[str, Any]) -> None:
    labels = configuration["Labels"]
    publisher = read_publisher(ROOT / "manifests" / "identity.toml")
    assert labels[f"{LABEL}.title"] == "bitrix24-dialogs-mcp"
    assert labels[f"{LABEL}.version"] == __version__
    assert labels[f"{LABEL}.licenses"] == "MIT"
    assert labels[f"{LABEL}.source"] == publisher.repository
    assert labels[f"{LABEL}.vendor"] == publisher.name
    assert labels["io.modelcontextprotocol.server.name"] == publisher.registry_name
    assert labels[f"{LABEL}.description"]


def test_holds_what_the_lock_names_and_nothing_else(built: Built) -> None:
    locked = re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    expected = {(name.replace("-", "_"), version) for name, version in locked}
    paths = [PurePosixPath(file.path) for file in _files(built.image)]
    found = {
        tuple(path.parent.name.removesuffix(".dist-info").lower().rsplit("-", 1))
        for path in paths
        if path.name == "METADATA"
    }
    assert ("bitrix24_dialogs_mcp", __version__) in found
    assert ("mcp", dict(locked)["mcp"]) in found
    assert found - expected == {("bitrix24_dialogs_mcp", __version__)}


def test_leaves_nothing_of_the_build(built: Built) -> None:
    elsewhere = [file for file in _files(built.image) if not file.path.startswith(f"{OURS}/")]
    # Builders leave an empty file where they laid one of their own during a step.
    assert [file.path for file in elsewhere if file.size and not file.path.endswith(".pyc")] == []
    parts = {part for file in built.image.added for part in PurePosixPath(file.path).parts}
    assert parts & {"tests", ".git", ".cache", "pip", "setuptools", "hatchling", "source", "wheel"} == set()
    assert [file.path for file in built.image.added if file.path.endswith((".whl", ".lock"))] == []


def test_lets_nobody_change_it(built: Built) -> None:
    kept = [file for file in built.image.added if not file.is_link]  # a link's own mode says nothing
    assert [file.path for file in kept if file.owner != 0 or file.mode & 0o6022] == []


def test_brings_every_module_compiled(built: Built) -> None:
    files = _files(built.image)
    modules = [file.path for file in files if file.path.startswith(f"{OURS}/lib/") and file.path.endswith(".py")]
    compiled = [file for file in files if file.path.endswith(".pyc")]
    sources = {re.sub(r"__pycache__/([^/]+)\.[^./]+\.pyc$", r"\1.py", file.path) for file in compiled}
    assert len(modules) > 500
    assert [path for path in modules if path not in sources] == []
    assert [file.path for file in compiled if file.beginning[4:8] != UNCHECKED] == []


# How it serves


def test_runs_as_nobody_on_a_read_only_root(serving: Serving) -> None:
    """What the other tests rest on."""
    ended = serving.container.inside("python", "-c", _LOOK_AROUND)
    assert json.loads(ended.stdout) == {"uid": 65532, "read_only": True, "capabilities": 0, "written": []}, str(ended)


_LOOK_AROUND = """
import json, os, sys
mounts = [line.split() for line in open("/proc/self/mounts")]
status = dict(line.split(":", 1) for line in open("/proc/1/status"))
written = []
for folder in ["/", "/home", "/opt/bitrix24-dialogs", sys.prefix]:
    try:
        open(folder + "/written", "w")
        written.append(folder)
    except OSError:
        pass
print(json.dumps({
    "uid": int(status["Uid"].split()[0]),
    "read_only": ["ro" in options.split(",") for _, point, _, options, *_ in mounts if point == "/"] == [True],
    "capabilities": int(status["CapEff"], 16),
    "written": written,
}))
"""


def test_compiles_nothing_at_a_start(serving: Serving) -> None:
    """Neither its own modules nor the standard library's: there is nowhere to keep them."""
    ended = serving.container.inside("python", "-v", "-c", "import bitrix24_dialogs.cli.serve_http")
    assert ended.code == 0, ended.stderr
    loaded = re.findall(r"^# code object from '(.+)'$", ended.stderr, re.MULTILINE)
    assert len(loaded) > 200
    assert [file for file in loaded if not file.endswith(".pyc")] == []


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_answers_probes(serving: Serving, path: str) -> None:
    assert serving.container.ask("status", path, "GET") == "200"


@pytest.mark.parametrize(("path", "method"), [("/mcp", "POST"), ("/sse", "GET")])
def test_refuses_who_shows_no_token(serving: Serving, path: str, method: str) -> None:
    assert serving.container.ask("status", path, method) == "401"
    assert serving.container.ask("status", path, method, serving.token[:-1]) == "401"


@pytest.mark.parametrize("path", ["/mcp", "/sse"])
def test_answers_a_tool_call(serving: Serving, path: str) -> None:
    data = json.loads(serving.container.ask("call", path, serving.token, "dialog_get", '{"chat_id": 2043}'))
    assert data["chat_id"] == 2043


def test_health_check_tells_whether_it_serves(
    built: Built, serving: Serving, configuration: dict[str, Any], tmp_path: Path
) -> None:
    check = configuration["Healthcheck"]
    form, *command = check["Test"]
    assert form == "CMD"
    assert serving.container.inside(*command).code == 0
    asked = serving.container.inside(*command)
    assert asked.seconds < check["Timeout"] / 1e9
    waiting = Start(_name("waiting"), ["serve"], {"BITRIX24_DEMO": "1"}, interactive=True)
    with running(built.engine, waiting, tmp_path) as container:
        container.wait_until_runs()
        assert container.inside(*command).code == 1


def test_says_what_it_needs(built: Built, tmp_path: Path) -> None:
    with running(built.engine, Start(_name("bare")), tmp_path) as container:
        assert container.process.wait(60) == 2
        (line,) = [line for line in container.told().splitlines() if line.startswith("bitrix24-dialogs-mcp: ")]
    assert "BITRIX24_OPERATORS_FILE" in line
    assert "BITRIX24_HTTP_TOKEN_FILE" in line


@pytest.mark.anyio
async def test_serves_standard_input(built: Built) -> None:
    start = Start(_name("stdio"), ["serve"], {"BITRIX24_DEMO": "1"}, interactive=True)
    program, *arguments = built.engine.run(start)
    parameters = StdioServerParameters(command=program, args=arguments, env=dict(os.environ))
    try:
        async with Client(stdio_client(parameters)) as client:
            assert "dialog_get" in {tool.name for tool in (await client.list_tools()).tools}
    finally:
        built.engine.remove(start.name)


def test_stops_soon_though_a_client_listens(built: Built, tmp_path: Path) -> None:
    with _serving(built, "stopping", tmp_path) as served, _listening(served):
        ended = served.container.stop()
    assert ended.code == 0, ended
    assert ended.seconds < STOP_SECONDS, ended


@contextmanager
def _listening(served: Serving) -> Iterator[None]:
    """A client of the older transport, with its stream open."""
    command = served.container.asking("listen", "/sse", served.token)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listener:
        try:
            assert listener.stdout is not None
            assert listener.stdout.readline().strip() == "event: endpoint"
            yield
        finally:
            listener.kill()
