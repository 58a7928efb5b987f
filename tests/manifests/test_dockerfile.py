"""The Dockerfile, without building it: what goes in, from where, and in whose name."""

import re
from pathlib import Path

import pytest

from generator.project import Project

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """Each instruction and what follows it, with continued lines joined."""
    text = re.sub(r"(?m)^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines]


def of(steps: list[tuple[str, str]], instruction: str) -> list[str]:
    return [rest for name, rest in steps if name == instruction]


def test_both_stages_begin_with_one_python_of_a_known_version(steps: list[tuple[str, str]]) -> None:
    bases = {base.split()[0] for base in of(steps, "FROM")}
    assert len(of(steps, "FROM")) == 2
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", bases.pop())


def test_names_are_the_publishers(steps: list[tuple[str, str]], project: Project) -> None:
    given = dict(argument.split("=", 1) for argument in of(steps, "ARG"))
    assert {name: value.strip('"') for name, value in given.items()} == {
        "VERSION": project.version,
        "PUBLISHER": project.publisher.name,
        "CONTACT": project.publisher.contact,
        "REPOSITORY": project.publisher.repository,
        "HOMEPAGE": project.publisher.homepage,
        "REGISTRY_NAME": project.publisher.registry_name,
    }
    (labels,) = of(steps, "LABEL")
    assert f'image.description="{project.summary}"' in labels
    assert f'image.licenses="{project.license}"' in labels


def test_installs_nothing_without_a_hash(steps: list[tuple[str, str]]) -> None:
    commands = [command for run in of(steps, "RUN") for command in run.split("&&")]
    installs = [command for command in commands if re.search(r"\bpip\b.*\b(install|wheel|download)\b", command)]
    assert len(installs) == 4
    for command in installs:
        ours = re.search(r"--no-deps .*(/wheel/\*\.whl|--wheel-dir /wheel \.)", command)
        assert "--require-hashes" in command or ours, command
    assert not re.search(r"\b(curl|wget|apt-get|git)\b", " ".join(commands))


def test_only_what_is_copied_reaches_the_build(steps: list[tuple[str, str]]) -> None:
    copies = [copy for copy in of(steps, "COPY") if not copy.startswith("--from=")]
    copied = {source for copy in copies for source in copy.split()[:-1]}
    rules = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_carries_no_secret_and_no_setting(steps: list[tuple[str, str]]) -> None:
    named = " ".join(of(steps, "ENV") + of(steps, "ARG"))
    assert not re.search(r"BITRIX24_|TOKEN|WEBHOOK|SECRET|PASSWORD", named)
