"""The server's settings as forms and catalogues want them: of which kind, whether secret, with which default."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import SecretStr

from bitrix24_dialogs.settings import Settings, describe_settings

Kind = Literal["text", "switch", "number", "file", "choice"]

_HTTP = "HTTP: "


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        name: of the environment variable.
        field: its name in the program.
        description: in plain words, without markup.
        kind: what its value is.
        default: as a manifest writes it; None if there is none.
        choices: the values of a choice.
        secret: whether it is a password.
        for_http: whether it matters only to a server on the network.
    """

    name: str
    field: str
    description: str
    kind: Kind
    default: str | None
    choices: tuple[str, ...]
    secret: bool
    for_http: bool


def read_settings() -> tuple[Setting, ...]:
    """Every setting, in the order in which they are declared."""
    declared = zip(describe_settings(), Settings.model_fields.items(), strict=True)
    return tuple(
        _setting(name, field, default, text, info.annotation) for (name, default, text), (field, info) in declared
    )


def _setting(name: str, field: str, default: str, text: str, annotation: Any) -> Setting:
    leaves = list(_leaves(annotation))
    words = text.removeprefix(_HTTP).replace("`", '"')
    kind, choices = _kind(leaves)
    # On the command line a switch is on or off; the manifests' own word is true or false, and the server takes both.
    written = {"on": "true", "off": "false"} if kind == "switch" else {}
    return Setting(
        name=name,
        field=field,
        description=words[:1].upper() + words[1:],
        kind=kind,
        default=written.get(default, default) or None,
        choices=choices,
        secret=SecretStr in leaves,
        for_http=text.startswith(_HTTP),
    )


def _kind(leaves: list[Any]) -> tuple[Kind, tuple[str, ...]]:
    for leaf in leaves:
        if get_origin(leaf) is Literal:
            return "choice", get_args(leaf)
    kinds: dict[Any, Kind] = {bool: "switch", int: "number", float: "number", Path: "file"}
    return next((kinds[leaf] for leaf in leaves if leaf in kinds), "text"), ()


def _leaves(annotation: Any) -> Iterator[Any]:
    """The types that a value may have: of a union its members, of a list the list and not what is in it."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _leaves(get_args(annotation)[0])
    elif origin is None or origin is Literal or origin is tuple:
        yield annotation
    else:
        for member in get_args(annotation):
            yield from _leaves(member)
