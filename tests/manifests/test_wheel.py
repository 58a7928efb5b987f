"""The wheel: what is installed is the whole package, texts and translations included."""

from pathlib import Path
from zipfile import ZipFile

from hatchling.builders.wheel import WheelBuilder

from tests.manifests.conftest import ROOT

PACKAGE = ROOT / "server" / "bitrix24_dialogs"


def package_files() -> set[str]:
    files = (path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(PACKAGE.parent).as_posix() for path in files}


def test_everything_in_the_package_is_installed(tmp_path: Path) -> None:
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with ZipFile(built) as archive:
        packed = {name for name in archive.namelist() if name.startswith("bitrix24_dialogs/")}
    assert packed == package_files()
    assert "bitrix24_dialogs/prompts/ru/review_dialog.md" in packed
