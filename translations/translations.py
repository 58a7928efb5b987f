"""Keeps the translations of texts for people complete.

``python translations/translations.py`` brings ``language/*.po`` up to date with the source and compiles them;
with ``--check`` it changes nothing and says what is wrong.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from catalogue import compiled, mistakes, read, updated
from texts import NotLiteral, Text, all_texts

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "server" / "bitrix24_dialogs"
LANGUAGES = ("ru",)


def problems(package: Path, texts: list[Text]) -> Iterator[str]:
    """A line for each thing that is wrong with the translations of ``texts`` in ``package``."""
    for language in LANGUAGES:
        source = package / "language" / f"{language}.po"
        catalogue = read(source)
        for mistake in mistakes(catalogue, texts):
            yield f"{source.name}: {mistake}"
        binary = source.with_suffix(".mo")
        if not binary.exists() or binary.read_bytes() != compiled(catalogue):
            yield f"{binary.name} is not what {source.name} compiles to"


def write(package: Path, texts: list[Text]) -> None:
    """Bring the catalogues of ``package`` up to date with ``texts``, and compile them."""
    for language in LANGUAGES:
        source = package / "language" / f"{language}.po"
        catalogue = updated(read(source), texts)
        source.write_text(f"{catalogue}\n".rstrip("\n") + "\n", encoding="utf-8", newline="\n")
        source.with_suffix(".mo").write_bytes(compiled(read(source)))


def main(arguments: list[str]) -> int:
    """Update, or check; 1 if something is left to do."""
    try:
        texts = all_texts(PACKAGE)
    except NotLiteral as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if "--check" not in arguments:
        write(PACKAGE, texts)
    found = list(problems(PACKAGE, texts))
    sys.stderr.writelines(f"{problem}\n" for problem in found)
    if found:
        sys.stderr.write("To bring the catalogues up to date: make translations; then translate what is empty.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
