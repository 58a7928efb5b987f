"""compose.yaml, without starting it: that it runs what is published, closed as far as it can be, and keeps no secret."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bitrix24_dialogs.settings import describe_settings
from generator.project import Project

MANIFESTS = Path(__file__).resolve().parents[2] / "manifests"
STOPPING = 3  # seconds that a stop takes besides BITRIX24_HTTP_DRAIN, with some to spare


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file with its variables' defaults."""
    text = (MANIFESTS / "compose.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))
    return loaded


@pytest.fixture(scope="module")
def server(compose: dict[str, Any]) -> dict[str, Any]:
    only: dict[str, Any] = compose["services"]["server"]
    return only


def test_runs_the_published_image(server: dict[str, Any], project: Project) -> None:
    assert server["image"] == f"{project.publisher.image}:{project.version}"
    assert (MANIFESTS / server["build"] / "Dockerfile").exists()
    assert "healthcheck" not in server  # the image has it
    assert not {"command", "entrypoint"} & server.keys()


@pytest.mark.parametrize("name", ["server", "proxy"])
def test_is_closed_as_far_as_it_can_be(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert not {"privileged", "network_mode", "pid", "tmpfs"} & service.keys()
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])


def test_is_reached_from_this_machine_alone_but_by_the_proxy(compose: dict[str, Any], server: dict[str, Any]) -> None:
    assert server["ports"] == ["127.0.0.1:8000:8000"]
    assert "profiles" not in server
    assert compose["services"]["proxy"]["profiles"] == ["tls"]
    assert compose["services"].keys() == {"server", "proxy"}


def test_secrets_are_files_elsewhere(compose: dict[str, Any], server: dict[str, Any]) -> None:
    assert server["secrets"] == list(compose["secrets"])
    assert all(secret == {"file": f"../secrets/{name}"} for name, secret in compose["secrets"].items())
    files = {name: value for name, value in server["environment"].items() if name.endswith("_FILE")}
    assert set(files.values()) == {f"/run/secrets/{name}" for name in server["secrets"]}
    assert "BITRIX24_WEBHOOK_URL" not in server["environment"]


def test_settings_exist(server: dict[str, Any]) -> None:
    text = (MANIFESTS / "compose.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"BITRIX24_\w+", text))  # in comments too
    assert server["environment"].keys() <= named <= {name for name, _, _ in describe_settings()}


def test_running_calls_may_finish_at_a_stop(server: dict[str, Any]) -> None:
    assert int(server["stop_grace_period"].rstrip("s")) >= int(server["environment"]["BITRIX24_HTTP_DRAIN"]) + STOPPING


def test_proxy_reaches_the_server_and_hands_events_on_at_once(compose: dict[str, Any]) -> None:
    caddyfile = (MANIFESTS / "Caddyfile").read_text(encoding="utf-8")
    assert re.search(r"^\{\$DOMAIN:localhost\} \{$", caddyfile, re.MULTILINE)
    assert re.search(r"^\treverse_proxy server:8000 \{\n(\t\t.*\n)*\t\tflush_interval -1\n", caddyfile, re.MULTILINE)
    proxy = compose["services"]["proxy"]
    assert proxy["environment"].keys() == {"DOMAIN"}
    assert "./Caddyfile:/etc/caddy/Caddyfile:ro" in proxy["volumes"]
    assert proxy["depends_on"] == {"server": {"condition": "service_healthy"}}
    named = [volume.split(":")[0] for volume in proxy["volumes"] if not volume.startswith(".")]
    assert set(named) == compose["volumes"].keys()
