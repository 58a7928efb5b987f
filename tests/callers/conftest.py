from pathlib import Path

import pytest


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for this program's data, in a home of its own; neither is there yet."""
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    return home / "data" / "bitrix24-dialogs-mcp"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of callers; it is not there yet."""
    return tmp_path / "operators.toml"
