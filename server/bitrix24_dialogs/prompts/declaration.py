"""What a prompt is, apart from its words: what it takes, and the tools without which it makes no sense."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bitrix24_dialogs.toolbox.arguments import Argument, Parameter, Parameters, exactly_one


@dataclass(frozen=True)
class Prompt:
    """A prompt.

    Attributes:
        name: what clients call it by; its texts are in files of that name.
        needs: the tools without which there is no such prompt.
        parameters: what it takes. The words for people are with the texts.
        exactly_one: whether its arguments are ways to say the same, of which one must be given.
    """

    name: str
    needs: frozenset[str]
    parameters: Parameters
    exactly_one: bool = False

    def makes_sense_with(self, tools: Collection[str]) -> bool:
        """Whether a caller who has ``tools`` has this prompt."""
        return self.needs <= set(tools)

    def bind(self, given: Mapping[str, str]) -> dict[str, Any]:
        """The values that the text is filled with. A blank one counts as not given: clients send what was left empty.

        Raises:
            InputError: one line that names every argument that is unknown, missing or wrong.
        """
        values = self.parameters.bind({name: value for name, value in given.items() if value.strip()})
        if self.exactly_one:
            exactly_one(**{item.name: values.get(item.name) for item in self.parameters.items})
        return values


def taking(*required: str, **parsers: Callable[[object], Any]) -> Parameters:
    """Parameters by their names, understood as the tools' are; those that are not ``required`` may be left out."""
    return Parameters(
        tuple(Parameter(name, Argument(parse, {}, ""), name in required) for name, parse in parsers.items())
    )
