"""English words that can still be said in another language."""

import re
from collections.abc import Iterable, Mapping

_NAME = re.compile(r"{(\w+)}")


class Phrase(str):
    """English words that remember how they were made: the template, and what stands in its braces.

    An error is a text to its caller and to the log, in English. Where a person reads it, a `Speech` words it anew.
    """

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> "Phrase":
        """``template`` with ``values`` in place of the names that stand in braces; a phrase among them stays one."""
        if isinstance(template, Phrase) and not values:
            return template
        words = super().__new__(cls, template.format(**values))
        words.template, words.values = template, values
        return words

    def __getnewargs_ex__(self) -> tuple[tuple[str], Mapping[str, object]]:
        """A copy is made in the same way."""
        return (self.template,), self.values


def listed(phrases: list[str], between: str = "; ") -> Phrase:
    """Several phrases as one; each stays a phrase."""
    names = [f"p{number}" for number in range(len(phrases))]
    return Phrase(between.join(f"{{{name}}}" for name in names), **dict(zip(names, phrases, strict=True)))


def recognised(words: str, templates: Iterable[str]) -> str:
    """``words`` that others made, as a phrase if they look like one of ``templates``; what stands in it likewise."""
    for template in templates:
        names = _NAME.findall(template)
        pattern = "(.+?)".join(re.escape(part) for part in _NAME.sub("\0", template).split("\0"))
        found = re.fullmatch(pattern, words, re.DOTALL)
        if found:
            values = (recognised(value, templates) if value != words else value for value in found.groups())
            return Phrase(template, **dict(zip(names, values, strict=True)))
    return words


def reason_of(error: OSError, otherwise: str) -> str:
    """Why the operating system refused, in its own English; ``otherwise`` if it does not say."""
    return recognised(error.strerror or "", SYSTEM_REASONS) or otherwise


# Said in place of what the operating system says in its own English.
SYSTEM_REASONS = (
    "Address already in use",
    "Cannot assign requested address",
    "File exists",
    "Input/output error",
    "Is a directory",
    "Name or service not known",
    "No address associated with hostname",
    "No space left on device",
    "No such file or directory",
    "Not a directory",
    "Operation not permitted",
    "Permission denied",
    "Read-only file system",
    "Temporary failure in name resolution",
    "Too many levels of symbolic links",
)
