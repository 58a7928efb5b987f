"""Writes what is derived from the declarations: the manifests, and parts of the README.

``python manifests/generate.py`` writes, ``--check`` only says what is out of date.
"""

import sys
from pathlib import Path

from generator.files import generated_files, stale_files
from generator.project import read_project
from generator.publisher import IdentityError
from generator.readme import MarkersMissing

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """Write or check; the exit code is 1 if something was out of date or cannot be made."""
    try:
        wanted = generated_files(read_project(ROOT))
    except (IdentityError, MarkersMissing) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    stale = stale_files(wanted)
    if "--check" not in arguments:
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8", newline="\n")
        return 0
    for path in stale:
        sys.stderr.write(f"{path.relative_to(ROOT)} is out of date; run: make manifests\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
