"""A language's catalogue: the file that a translator edits, and the one that the server reads."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

import polib

from texts import Text, placeholders

_WIDTH = 110
_ALIKE = 0.75


def read(path: Path) -> polib.POFile:
    """The catalogue in the file ``path``."""
    return polib.pofile(str(path), wrapwidth=_WIDTH)


def compiled(catalogue: polib.POFile) -> bytes:
    """What the server reads. The same catalogue gives the same bytes."""
    return bytes(catalogue.to_binary())


def updated(old: polib.POFile, texts: Iterable[Text]) -> polib.POFile:
    """A catalogue of exactly ``texts``, with the translations that ``old`` has.

    A text that is new gets the translation of one that is gone and much like it, marked as fuzzy for somebody to look.
    """
    new = polib.POFile(wrapwidth=_WIDTH)
    new.header, new.metadata = old.header, old.metadata
    texts = list(texts)
    kept = {(text.one, text.many) for text in texts}
    known = {(entry.msgid, entry.msgid_plural): entry for entry in old if not entry.obsolete}
    gone = {one: entry for (one, many), entry in known.items() if (one, many) not in kept}
    for text in texts:
        entry = known.get((text.one, text.many))
        new.append(_entry(text, entry) if entry else _guessed(text, gone))
    return new


def mistakes(catalogue: polib.POFile, texts: Sequence[Text]) -> Iterator[str]:
    """A line for each thing that is wrong with ``catalogue`` as the translation of ``texts``."""
    entries = {(entry.msgid, entry.msgid_plural): entry for entry in catalogue if not entry.obsolete}
    wanted = {(text.one, text.many): text for text in texts}
    for key, text in wanted.items():
        if key not in entries:
            yield f"missing: {text.one!r} ({text.file})"
        else:
            yield from (f"{what}: {text.one!r} ({text.file})" for what in _mistakes_in(entries[key], text, catalogue))
    for key in entries.keys() - wanted.keys():
        yield f"no longer used: {key[0]!r}"
    yield from (f"obsolete: {entry.msgid!r}" for entry in catalogue.obsolete_entries())


def _mistakes_in(entry: polib.POEntry, text: Text, catalogue: polib.POFile) -> Iterator[str]:
    forms = list(entry.msgstr_plural.values()) if text.many else [entry.msgstr]
    if entry.fuzzy:
        yield "fuzzy"
    if text.many and len(forms) != _number_of_forms(catalogue):
        yield "not as many forms as the language has"
    for form in forms:
        if not form.strip():
            yield "empty"
        elif not _has(form, text.placeholders):
            yield "other names in braces"
        elif _edges(form) != _edges(text.one):
            yield "other blanks at its edges"


def _has(form: str, wanted: frozenset[str]) -> bool:
    try:
        return placeholders(form) == wanted
    except ValueError:
        return False


def _edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def _number_of_forms(catalogue: polib.POFile) -> int:
    return int(catalogue.metadata["Plural-Forms"].partition("nplurals=")[2].partition(";")[0])


def _guessed(text: Text, gone: dict[str, polib.POEntry]) -> polib.POEntry:
    like = get_close_matches(text.one, gone, n=1, cutoff=_ALIKE)
    entry = _entry(text, gone[like[0]] if like else None)
    if like:
        entry.flags = ["fuzzy"]
    return entry


def _entry(text: Text, old: polib.POEntry | None) -> polib.POEntry:
    entry = polib.POEntry(msgid=text.one, msgid_plural=text.many, occurrences=[(text.file, "")])
    if old is not None:
        entry.flags, entry.tcomment = old.flags, old.tcomment
    if text.many:
        entry.msgstr_plural = (old.msgstr_plural if old is not None else {}) or {0: "", 1: "", 2: ""}
    elif old is not None:
        entry.msgstr = old.msgstr
    return entry
