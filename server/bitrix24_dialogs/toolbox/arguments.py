"""Arguments: flat, closed, described; wrong ones are named before anything else happens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import Parameter as SignatureParameter
from inspect import signature
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from bitrix24_dialogs.dialogs.identifiers import InputError

_MOST_NAMED = 5


@dataclass(frozen=True, eq=False)
class Argument:
    """How one kind of argument is published and understood; stands in the parameter's ``Annotated``.

    Attributes:
        parse: turns what was given into what the tool takes, or raises `InputError`.
        schema: its JSON Schema, of primitives only.
        description: what it is, where it comes from, an example.
    """

    parse: Callable[[object], Any]
    schema: Mapping[str, Any]
    description: str


@dataclass(frozen=True)
class Parameter:
    """One parameter of a tool."""

    name: str
    argument: Argument
    required: bool

    def published(self) -> dict[str, Any]:
        """Its entry among the input schema's properties."""
        return {**self.argument.schema, "description": self.argument.description}


@dataclass(frozen=True)
class Parameters:
    """All parameters of a tool; nothing else is accepted."""

    items: tuple[Parameter, ...] = field(default=())

    def input_schema(self) -> dict[str, Any]:
        """The tool's input schema: an object with primitive properties, closed."""
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {item.name: item.published() for item in self.items},
            "additionalProperties": False,
        }
        if required := [item.name for item in self.items if item.required]:
            schema["required"] = required
        return schema

    def bind(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What to call the tool with. ``null`` counts as not given.

        Raises:
            InputError: one line that names every argument that is unknown, missing or wrong.
        """
        known = {item.name: item for item in self.items}
        unknown = [name for name in given if name not in known]
        problems = [f"unknown argument {name[:40]!r}" for name in unknown[:_MOST_NAMED]]
        if problems:
            problems[-1] += f" (valid: {', '.join(known) or 'none'})"
        bound: dict[str, Any] = {}
        for name, item in known.items():
            value = given.get(name)
            if value is None:
                if item.required:
                    problems.append(f"{name} is required")
                continue
            try:
                bound[name] = item.argument.parse(value)
            except InputError as error:
                problems.append(f"{name} {error}")
        if problems:
            raise InputError("; ".join(problems))
        return bound


def exactly_one(**identifiers: object) -> None:
    """Check that one of ``identifiers`` was given, which all name the same thing.

    Raises:
        InputError: none was, or several.
    """
    given = [name for name, value in identifiers.items() if value is not None]
    if len(given) != 1:
        names = ", ".join(identifiers)
        found = f"got {' and '.join(given)}" if given else "got none"
        # The portal would take the first and not look whether the others agree (behaviour 8.2, 8.5).
        raise InputError(f"give exactly one of {names}; {found}")


def parameters_of(function: Callable[..., Any]) -> Parameters:
    """The parameters of a tool function, after its desk. Those with a default are optional.

    Raises:
        TypeError: a parameter does not say in its annotation how it is published.
    """
    hints = get_type_hints(function, include_extras=True)
    _desk, *rest = signature(function).parameters.values()
    return Parameters(tuple(_parameter(item, hints[item.name]) for item in rest))


def _parameter(item: SignatureParameter, hint: Any) -> Parameter:
    for kind in (hint, *get_args(hint)):  # `ChatId | None` keeps its `Annotated` inside the union
        if get_origin(kind) is Annotated:
            for note in kind.__metadata__:
                if isinstance(note, Argument):
                    return Parameter(item.name, note, item.default is SignatureParameter.empty)
    raise TypeError(f"parameter {item.name} has no Argument in its annotation")
