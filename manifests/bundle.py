"""Packs the bundle that desktop clients install with a double click.

``python manifests/bundle.py [FOLDER]`` makes ``FOLDER/mcpb``, which holds what is packed, and beside it
``bitrix24-dialogs-VERSION.mcpb``; the folder is ``build`` unless named.
"""

import shutil
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from generator.mcpb import ENTRY_POINT, bundled_project, mcpb_manifest
from generator.project import NAME, Project, as_json, read_project

ROOT = Path(__file__).resolve().parent.parent


def assemble(project: Project, folder: Path) -> None:
    """Put into ``folder``, emptied before, all that the server needs besides uv."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(
        project.root / "server" / "bitrix24_dialogs",
        folder / "server" / "bitrix24_dialogs",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copyfile(project.root / "manifests" / "mcpb" / "main.py", folder / ENTRY_POINT)
    for name in ("README.md", "LICENSE"):
        shutil.copyfile(project.root / name, folder / name)
    lock = (project.root / "requirements.lock").read_text(encoding="utf-8")
    for name, text in (
        ("pyproject.toml", bundled_project(project, lock)),
        ("manifest.json", as_json(mcpb_manifest(project))),
    ):
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def pack(folder: Path, bundle: Path) -> None:
    """Pack ``folder``. The same files give the same bytes, so that anybody can check a published bundle's hash."""
    with ZipFile(bundle, "w", ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = ZipInfo(path.relative_to(folder).as_posix())  # dated 1980, like every entry
                entry.external_attr = 0o644 << 16
                entry.compress_type = ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())


def main(arguments: list[str]) -> int:
    """Assemble and pack; say where the bundle is."""
    target = Path(arguments[0]) if arguments else ROOT / "build"
    project = read_project(ROOT)
    bundle = target / f"{NAME}-{project.version}.mcpb"
    assemble(project, target / "mcpb")
    pack(target / "mcpb", bundle)
    sys.stdout.write(f"{bundle}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
