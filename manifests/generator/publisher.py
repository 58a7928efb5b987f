"""Who publishes the server, as ``manifests/identity.toml`` says."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

PLACEHOLDERS = ("your-organisation", "Your Organisation", "you@example.com", "0" * 40)
"""What stands in ``identity.toml`` until somebody publishes."""

_REGISTRY = r"(?:ghcr\.io|docker\.io|mcr\.microsoft\.com|[\w-]+\.pkg\.dev|\w+\.azurecr\.io)"
IMAGE = rf"{_REGISTRY}(?:/[a-z0-9._-]+)*/bitrix24-dialogs-mcp"
"""Our image at one of the registries from which the MCP registry takes images."""

_ADDRESSES = ("repository", "homepage", "support", "privacy_policy", "icon")


class IdentityError(Exception):
    """``identity.toml`` cannot be used."""


@dataclass(frozen=True)
class Publisher:
    """Who publishes: the names and addresses that stand in manifests."""

    owner: str
    name: str
    contact: str
    repository: str
    homepage: str
    support: str
    privacy_policy: str
    icon: str
    image: str
    registry_name: str
    catalog_commit: str


def read_publisher(path: Path) -> Publisher:
    """The publisher that ``path`` names.

    Raises:
        IdentityError: something in the file is missing, unknown or not of its form.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise IdentityError(f"{path.name} cannot be read: {error}") from None
    known = [field.name for field in fields(Publisher)]
    wrong = [name for name in known if not isinstance(given.get(name), str)]
    if wrong or (unknown := sorted(given.keys() - set(known))):
        problem = f"{', '.join(wrong)} must be given as text" if wrong else f"{', '.join(unknown)}: not known here"
        raise IdentityError(f"{path.name}: {problem}")
    filled = {name: text.replace("{owner}", given["owner"]) for name, text in given.items()}
    filled["image"] = filled["image"].lower()  # registries of images know no capitals, accounts do
    if problems := _misshapen(filled):
        raise IdentityError(f"{path.name}: {'; '.join(problems)}")
    return Publisher(**filled)


def _misshapen(values: Mapping[str, str]) -> list[str]:
    """What the readers of the manifests would turn down."""
    shapes = {
        "owner": (r"[A-Za-z0-9][A-Za-z0-9-]*", "a GitHub account, letters, digits and hyphens"),
        "name": (r'[^"\\$]*[^"\\$\s]', "a name for people, without quotation marks, backslashes and $"),
        "contact": (r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address"),
        "image": (
            IMAGE,
            "an image called bitrix24-dialogs-mcp at ghcr.io, docker.io, mcr.microsoft.com, *.pkg.dev or *.azurecr.io",
        ),
        "registry_name": (r"[A-Za-z0-9.-]+/[A-Za-z0-9._-]+", "such as io.github.owner/bitrix24-dialogs-mcp"),
        "catalog_commit": (r"[0-9a-f]{40}", "a commit of 40 hexadecimal digits"),
        **dict.fromkeys(_ADDRESSES, (r"https://[^\s{}]+", "an address that begins with https://")),
    }
    return [f"{name} must be {form}" for name, (shape, form) in shapes.items() if not re.fullmatch(shape, values[name])]
