"""What deploys the server, judged by the programs that it is written for, or by their own rules."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.outside.tools import run

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = ROOT / "manifests"
BASE = MANIFESTS / "kubernetes"
OLDEST_KUBERNETES = "1.30.0"


@pytest.fixture(scope="module")
def program() -> Callable[[str], str]:
    """Where a program is that ``make check`` installs."""

    def find(name: str) -> str:
        found = Path(sys.executable).with_name(name)
        if not found.exists():
            pytest.skip(f"{name} is not installed; run: make check")
        return str(found)

    return find


def test_dockerfile_has_nothing_that_hadolint_objects_to(program: Callable[[str], str], home: Path) -> None:
    ended = run([program("hadolint"), "--no-color", str(ROOT / "Dockerfile")], home)
    assert (ended.code, ended.stdout) == (0, ""), ended


def test_kustomize_renders_what_kubernetes_takes(program: Callable[[str], str], home: Path) -> None:
    kubernetes = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    ended = run([program("kubectl"), "kustomize", str(BASE)], home)
    assert (ended.code, ended.stderr) == (0, ""), ended
    rendered = [document for document in yaml.safe_load_all(ended.stdout) if document]
    kinds = [document["kind"] for document in rendered]
    assert sorted(kinds) == ["ConfigMap", "Deployment", "Ingress", "NetworkPolicy", "Service"]
    template = yaml.safe_load((BASE / "secret.template.yaml").read_text(encoding="utf-8"))
    for document in [*rendered, template]:
        for version in (OLDEST_KUBERNETES, kubernetes.latest_version()):
            kubernetes.validate(document, version, strict=True)


def test_compose_keeps_to_its_specification() -> None:
    compose = pytest.importorskip("compose_spec", reason="compose-spec is not installed")
    text = (MANIFESTS / "compose.yaml").read_text(encoding="utf-8")
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    text = re.sub(r"\$\{RUN_AS:\?[^}]*\}", "1000:1000", text)
    assert "${" not in text
    specification = compose.PyCompose.from_yaml(text).to_spec()
    assert specification.services.keys() == {"server", "proxy"}


def test_caddy_takes_its_file(home: Path) -> None:
    caddy = shutil.which("caddy")
    if caddy is None:
        pytest.skip("caddy is not installed")
    ended = run([caddy, "validate", "--adapter", "caddyfile", "--config", str(MANIFESTS / "Caddyfile")], home)
    assert ended.code == 0, ended
