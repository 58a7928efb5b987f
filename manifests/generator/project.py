"""All that the manifests are made from."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bitrix24_dialogs import __version__
from bitrix24_dialogs.toolbox.declaration import AnyTool
from bitrix24_dialogs.toolbox.policy import DEFAULT_TOOLSETS
from bitrix24_dialogs.tools import all_tools
from generator.publisher import Publisher, read_publisher
from generator.settings import Setting, read_settings

NAME = "bitrix24-dialogs"
"""What the server is called where clients list their servers."""


@dataclass(frozen=True)
class Field:
    """A setting as a form shows it to a person."""

    setting: Setting
    title: str
    description: str
    required: bool


@dataclass(frozen=True)
class Project:
    """The server as it is published.

    Attributes:
        root: the folder of the repository.
        package: the name on PyPI, and of the command.
        python: the versions of Python that it runs on.
        form: the settings that a form shows.
        toolsets: what each toolset is for, by its name.
        tools: all of them.
    """

    root: Path
    publisher: Publisher
    package: str
    version: str
    python: str
    license: str
    keywords: Sequence[str]
    dependencies: Sequence[str]
    title: str
    summary: str
    description: str
    settings: Sequence[Setting]
    form: Sequence[Field]
    toolsets: Mapping[str, str]
    tools: Sequence[AnyTool]

    @property
    def default_tools(self) -> list[AnyTool]:
        """The tools that there are until somebody switches others on."""
        return [tool for tool in self.tools if tool.toolset in DEFAULT_TOOLSETS]


def read_project(root: Path) -> Project:
    """The project in the folder ``root``.

    Raises:
        IdentityError: the publisher's file cannot be used.
    """
    declared = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = tomllib.loads((root / "manifests" / "texts.toml").read_text(encoding="utf-8"))
    settings = read_settings()
    return Project(
        root=root,
        publisher=read_publisher(root / "manifests" / "identity.toml"),
        package=declared["name"],
        version=__version__,
        python=declared["requires-python"],
        license=declared["license"],
        keywords=declared["keywords"],
        dependencies=declared["dependencies"],
        title=texts["title"],
        summary=texts["summary"],
        description=texts["description"].strip(),
        settings=settings,
        form=_form(texts["form"], settings),
        toolsets=texts["toolsets"],
        tools=all_tools(),
    )


def _form(texts: Mapping[str, Mapping[str, Any]], settings: Sequence[Setting]) -> tuple[Field, ...]:
    by_field = {setting.field: setting for setting in settings}
    return tuple(
        Field(by_field[field], words["title"], words["description"], words.get("required", False))
        for field, words in texts.items()
    )


def as_json(value: Any) -> str:
    """The text of a JSON file."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
