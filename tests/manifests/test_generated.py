"""The files in the repository are what the generator makes, and it makes them from what people wrote."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bitrix24_dialogs.prompts import all_prompts
from bitrix24_dialogs.settings import describe_settings
from bitrix24_dialogs.toolbox.policy import TOOLSETS
from generator.files import generated_files, stale_files
from generator.names import with_names
from generator.project import Project, read_project
from generator.publisher import IdentityError, read_publisher
from generator.readme import MarkersMissing, readme
from generator.settings import read_settings
from tests.manifests.conftest import FILLED_IN, IDENTITY, write_manifests

Rewrite = Callable[[str, dict[str, str]], None]


def test_everything_generated_is_up_to_date(project: Project) -> None:
    assert stale_files(generated_files(project)) == []


def test_the_readme_shows_every_toolset_tool_and_prompt_once(project: Project) -> None:
    text = (project.root / "README.md").read_text(encoding="utf-8")
    assert list(project.toolsets) == list(TOOLSETS)
    rows = re.findall(r"(?m)^\| (?:[^|]*\()?`(\w+)`\)? \|", text)
    assert [row for row in rows if not row.startswith("BITRIX24_")] == [
        *TOOLSETS,
        *(prompt.name for prompt in all_prompts()),
        *(tool.name for name in TOOLSETS for tool in project.tools if tool.toolset == name),
    ]


def test_what_is_not_is_named(copy: Path, rewrite: Rewrite) -> None:
    rewrite("manifests/server.json", {"uvx": "pipx"})
    rewrite("README.md", {"| `dialog_get` |": "| `dialog_take` |"})
    (copy / "manifests" / "vscode.mcp.json").unlink()
    stale = {path.relative_to(copy).as_posix() for path in stale_files(generated_files(read_project(copy)))}
    assert stale == {"manifests/server.json", "manifests/vscode.mcp.json", "README.md"}


def test_the_publisher_stands_in_one_file(copy: Path, rewrite: Rewrite) -> None:
    rewrite(IDENTITY, FILLED_IN)
    write_manifests(copy)
    wanted = generated_files(read_project(copy))
    assert stale_files(wanted) == []
    written = "\n".join(wanted.values())
    assert "io.github.Acme-Corp/bitrix24-dialogs-mcp" in written
    assert "ghcr.io/acme-corp/bitrix24-dialogs-mcp:" in written  # images have no capitals
    assert '"mcp@acme.example"' in written
    for placeholder in FILLED_IN:
        assert placeholder not in written


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("image: ghcr.io/somebody/bitrix24-dialogs-mcp:9.9.9", "image: {image}:{version}"),
        ("name: ghcr.io/somebody/bitrix24-dialogs-mcp", "name: {image}"),
        ("image: ${IMAGE:-ghcr.io/somebody/bitrix24-dialogs-mcp:9.9.9}", "image: ${{IMAGE:-{image}:{version}}}"),
        (
            "    newName: docker.io/a/bitrix24-dialogs-mcp\n    newTag: 9.9.9",
            "    newName: {image}\n    newTag: {version}",
        ),
        ("FROM europe-docker.pkg.dev/a/b/bitrix24-dialogs-mcp:9.9.9", "FROM {image}:{version}"),
        ("git clone https://github.com/somebody/bitrix24-dialogs-mcp", "git clone {repository}"),
        ("https://github.com/somebody/bitrix24-dialogs-mcp/issues", "{repository}/issues"),
        ("uvx bitrix24-dialogs-mcp@9.9.9", "uvx bitrix24-dialogs-mcp@{version}"),
        ("pip install bitrix24-dialogs-mcp==9.9.9", "pip install bitrix24-dialogs-mcp=={version}"),
        ("<!-- mcp-name: io.github.somebody/x -->", "<!-- mcp-name: {registry_name} -->"),
        ('ARG VERSION="9.9.9"', 'ARG VERSION="{version}"'),
        ('ARG PUBLISHER="Some Body"\nARG CONTACT="a@b.c"', 'ARG PUBLISHER="{name}"\nARG CONTACT="{contact}"'),
    ],
)
def test_names_in_hand_written_files_follow(project: Project, written: str, made: str) -> None:
    values = {**vars(project.publisher), "version": project.version}
    assert with_names(written, project) == made.format_map(values)


@pytest.mark.parametrize(
    "text",
    [
        "https://pypi.org/project/bitrix24-dialogs-mcp",
        "docker build -t bitrix24-dialogs-mcp:dev .",
        'io.modelcontextprotocol.server.name="${REGISTRY_NAME}"',
        "ghcr.io/somebody/bitrix24-dialogs-mcp-helper:9.9.9",
        'ARG PYTHON="3.13"',
    ],
)
def test_other_names_stay(project: Project, text: str) -> None:
    assert with_names(text, project) == text


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({'owner = "your-organisation"': 'owner = "not/an/owner"'}, "owner must be a GitHub account"),
        ({"you@example.com": "nobody"}, "contact must be an e-mail address"),
        ({"https://github.com/{owner}.png": "http://example.com/icon.png"}, "icon must be an address"),
        ({"ghcr.io/{owner}/bitrix24": "registry.example.com/bitrix24"}, "image must be an image"),
        ({"0" * 40: "main"}, "catalog_commit must be a commit"),
        ({"Your Organisation": 'A \\"quoted\\" name'}, "name must be"),
        ({"contact =": "contakt ="}, "contact must be given as text"),
        ({'owner = "': 'nickname = "x"\nowner = "'}, "nickname: not known here"),
        ({'owner = "': "owner = "}, "cannot be read"),
    ],
)
def test_an_identity_that_cannot_be_used_says_why(
    copy: Path, rewrite: Rewrite, change: dict[str, str], complaint: str
) -> None:
    rewrite(IDENTITY, change)
    with pytest.raises(IdentityError, match=complaint):
        read_publisher(copy / IDENTITY)


@pytest.mark.parametrize(
    "marker", ["tools: generated", "toolsets: generated", "/settings", "cursor-link: generated", "mcp-name: "]
)
def test_a_readme_without_a_place_for_a_part_is_not_guessed_at(project: Project, marker: str) -> None:
    text = (project.root / "README.md").read_text(encoding="utf-8")
    with pytest.raises(MarkersMissing):
        readme(text.replace(f"<!-- {marker}", "<!-- "), project)


def test_the_privacy_policy_is_there_if_it_is_in_the_readme(project: Project) -> None:
    page, _, fragment = project.publisher.privacy_policy.partition("#")
    headings = re.findall(r"(?m)^#+ (.+)$", (project.root / "README.md").read_text(encoding="utf-8"))
    slugs = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert page != project.publisher.repository or fragment in slugs


def test_settings_are_of_the_kinds_that_they_declare() -> None:
    settings = {setting.field: setting for setting in read_settings()}
    assert [setting.name for setting in settings.values()] == [name for name, _, _ in describe_settings()]
    assert {field for field, setting in settings.items() if setting.secret} == {"webhook_url"}
    assert settings["read_only"].kind == "switch"
    assert settings["read_only"].default == "false"
    assert settings["verify"].default == "true"
    assert settings["lines"].kind == "text"
    assert settings["ca_file"].kind == "file"
    assert settings["timeout"].kind == "number"
    assert settings["rate_limit"].choices == ("standard", "enterprise", "off")
    assert {setting.for_http for field, setting in settings.items() if field.startswith("http_")} == {True}
    assert not settings["webhook_url"].for_http


def test_the_form_asks_for_the_webhook_first(project: Project) -> None:
    first, *others = project.form
    assert first.setting.field == "webhook_url"
    assert first.setting.secret
    assert first.required
    assert not any(field.required or field.setting.secret for field in others)
