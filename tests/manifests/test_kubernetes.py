"""The Kubernetes base, without a cluster: that its parts fit each other, and the server."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bitrix24_dialogs.callers.operators import parse_callers
from bitrix24_dialogs.settings import SettingsError, describe_settings
from generator.project import Project

BASE = Path(__file__).resolve().parents[2] / "manifests" / "kubernetes"
STOPPING = 3  # seconds that a stop takes besides BITRIX24_HTTP_DRAIN, with some to spare
Parts = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def parts() -> Parts:
    """Every document by its kind, the template included."""
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in BASE.iterdir()]
    by_kind = {document["kind"]: document for document in documents}
    assert len(by_kind) == len(documents)
    return by_kind


@pytest.fixture(scope="module")
def settings(parts: Parts) -> dict[str, str]:
    (generated,) = parts["Kustomization"]["configMapGenerator"]
    return dict(literal.split("=", 1) for literal in generated["literals"])


@pytest.fixture(scope="module")
def pod(parts: Parts) -> dict[str, Any]:
    spec: dict[str, Any] = parts["Deployment"]["spec"]["template"]["spec"]
    return spec


@pytest.fixture(scope="module")
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod["containers"]
    found: dict[str, Any] = only
    return found


def test_every_file_belongs_but_the_template(parts: Parts) -> None:
    files = {path.name for path in BASE.iterdir()}
    assert {*parts["Kustomization"]["resources"], "kustomization.yaml", "secret.template.yaml"} == files
    assert len(parts["Kustomization"]["resources"]) == len(files) - 2


def test_one_replica_never_two(parts: Parts) -> None:
    deployment = parts["Deployment"]["spec"]
    assert deployment["replicas"] == 1
    assert deployment["strategy"] == {"type": "Recreate"}


def test_runs_the_published_image(container: dict[str, Any], project: Project) -> None:
    assert container["image"] == f"{project.publisher.image}:{project.version}"
    assert not {"command", "args"} & container.keys()


def test_selectors_find_the_pod(parts: Parts) -> None:
    labels = parts["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert parts["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert parts["Service"]["spec"]["selector"] == labels
    assert parts["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels


def test_ports_lead_from_the_ingress_to_the_container(parts: Parts, container: dict[str, Any]) -> None:
    (port,) = container["ports"]
    assert port == {"name": "http", "containerPort": 8000}
    (service,) = parts["Service"]["spec"]["ports"]
    assert service["targetPort"] == port["name"]
    (rule,) = parts["Ingress"]["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert (path["path"], path["pathType"]) == ("/", "Prefix")
    assert path["backend"]["service"] == {
        "name": parts["Service"]["metadata"]["name"],
        "port": {"name": service["name"]},
    }
    (allowed,) = parts["NetworkPolicy"]["spec"]["ingress"]
    assert [entry["port"] for entry in allowed["ports"]] == [port["name"]]


def test_the_public_name_is_one_everywhere(parts: Parts, settings: dict[str, str]) -> None:
    ingress = parts["Ingress"]["spec"]
    names = [rule["host"] for rule in ingress["rules"]]
    assert [host for entry in ingress["tls"] for host in entry["hosts"]] == names
    assert settings["BITRIX24_HTTP_ALLOWED_HOSTS"].split(",") == names


def test_the_ingress_keeps_streams_alive(parts: Parts) -> None:
    annotations = parts["Ingress"]["metadata"]["annotations"]
    prefix = "nginx.ingress.kubernetes.io"
    assert annotations[f"{prefix}/proxy-buffering"] == "off"
    assert int(annotations[f"{prefix}/proxy-read-timeout"]) >= 3600
    assert int(annotations[f"{prefix}/proxy-send-timeout"]) >= 3600
    assert annotations[f"{prefix}/proxy-body-size"] == "1m"
    assert all(isinstance(value, str) for value in annotations.values())


def test_probes_ask_what_is_meant_for_them(container: dict[str, Any]) -> None:
    asked = {name: container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert {name: get["path"] for name, get in asked.items()} == {
        "startupProbe": "/healthz",
        "livenessProbe": "/healthz",
        "readinessProbe": "/readyz",
    }
    assert {get["port"] for get in asked.values()} == {"http"}
    startup = container["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 30


def test_is_let_in_where_pods_are_restricted(pod: dict[str, Any], container: dict[str, Any]) -> None:
    """The pod security standard `restricted`, and what it leaves open."""
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] >= 1000
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & pod.keys()
    assert container["resources"]["limits"].keys() == {"cpu", "memory"}


def test_settings_exist(parts: Parts, settings: dict[str, str], container: dict[str, Any]) -> None:
    known = {name for name, _, _ in describe_settings()}
    assert {*settings, *(variable["name"] for variable in container["env"])} <= known
    (source,) = container["envFrom"]
    assert source["configMapRef"]["name"] == parts["Kustomization"]["configMapGenerator"][0]["name"]


def test_no_variable_of_the_service_looks_like_a_setting(parts: Parts, pod: dict[str, Any]) -> None:
    prefix = parts["Service"]["metadata"]["name"].upper().replace("-", "_")
    assert not prefix.startswith("BITRIX24_") or pod["enableServiceLinks"] is False


def test_running_calls_may_finish_at_a_stop(pod: dict[str, Any], settings: dict[str, str]) -> None:
    assert pod["terminationGracePeriodSeconds"] >= int(settings["BITRIX24_HTTP_DRAIN"]) + STOPPING


def test_secrets_are_files_that_the_server_may_read(
    parts: Parts, pod: dict[str, Any], container: dict[str, Any]
) -> None:
    template = parts["Secret"]
    (volume,) = pod["volumes"]
    (mount,) = container["volumeMounts"]
    assert volume["secret"] == {"secretName": template["metadata"]["name"], "defaultMode": 0o440}
    assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"]
    assert mount == {"name": volume["name"], "mountPath": mount["mountPath"], "readOnly": True}
    named = {variable["value"] for variable in container["env"] if variable["name"].endswith("_FILE")}
    assert named == {f"{mount['mountPath']}/{key}" for key in template["stringData"]}


def test_the_template_holds_nothing_that_works(parts: Parts) -> None:
    assert "data" not in parts["Secret"]
    texts = parts["Secret"]["stringData"]
    assert "://" not in texts["webhook"]
    with pytest.raises(SettingsError, match="64 hexadecimal digits"):
        parse_callers(texts["operators.toml"], Path("operators.toml"))
