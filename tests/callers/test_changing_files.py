"""The callers' file on the disk: modes, owners, links, failures, and several who change it at once."""

import os
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from bitrix24_dialogs.callers.caller import Caller
from bitrix24_dialogs.callers.operators import add_caller, load_callers, remove_caller, rotate_caller
from tests.callers.changing import refused, with_token

# Modes, owners, links


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_and_its_folders_are_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "operators.toml"
    add_caller(file, "anna", read_only=False)
    assert mode(file) == 0o600
    assert mode(file.parent) == 0o700
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("given_mode", [0o600, 0o640, 0o644, 0o660])
def test_a_mode_that_was_given_to_the_file_is_kept(given_mode: int, file: Path) -> None:
    file.touch()
    file.chmod(given_mode)
    add_caller(file, "anna", read_only=False)
    assert mode(file) == given_mode
    rotate_caller(file, "anna")
    assert mode(file) == given_mode


def test_an_owner_whom_the_file_was_given_keeps_it(file: Path) -> None:
    file.touch()
    try:
        os.chown(file, 12345, 12346)
    except PermissionError:
        pytest.skip("this user may give no file away")
    add_caller(file, "anna", read_only=False)
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 12346)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    real = tmp_path / "kept" / "callers.toml"
    link = tmp_path / "operators.toml"
    link.symlink_to(real)
    token = add_caller(link, "anna", read_only=False)  # it leads nowhere yet
    assert link.is_symlink()
    assert with_token(real, token) == Caller("anna")
    remove_caller(link, "anna")
    assert link.is_symlink()
    assert load_callers(real).holders == []


# Failures


def fails(file: Path, reason: str) -> None:
    """Whatever is tried with the file fails for that reason, and leaves everything as it was."""
    before = {path: path.read_bytes() for path in file.parent.iterdir()}
    for change in (lambda: add_caller(file, "new", read_only=False), lambda: rotate_caller(file, "anna")):
        assert f"{file} cannot be written ({reason})" in refused(change)
    assert {path: path.read_bytes() for path in file.parent.iterdir()} == before


def test_a_disk_that_is_full_leaves_the_old_file_whole(file: Path) -> None:
    resource = pytest.importorskip("resource")
    token = add_caller(file, "anna", read_only=False)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, limits[1]))  # nothing longer can be written
    try:
        fails(file, "File too large")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert with_token(file, token) == Caller("anna")


@pytest.mark.parametrize("step", ["mkstemp", "fsync", "chmod", "replace"])
def test_a_failure_at_any_step_leaves_the_old_file_whole(
    step: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise OSError(30, "Read-only file system")

    add_caller(file, "anna", read_only=False)
    place = {"mkstemp": tempfile, "fsync": os}.get(step, Path)
    with monkeypatch.context() as broken:
        broken.setattr(place, step, fail)
        fails(file, "Read-only file system")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    file = tmp_path / "taken" / "operators.toml"
    assert refused(add_caller, file, "anna", read_only=False) == f"{file} cannot be written (Not a directory)"


def test_callers_that_are_added_at_once_are_all_there(tmp_path: Path) -> None:
    file = tmp_path / "new" / "operators.toml"
    names = [f"n{number}" for number in range(8)]
    start = Barrier(len(names))

    def add(name: str) -> str:
        start.wait()
        return add_caller(file, name, read_only=False)

    with ThreadPoolExecutor(len(names)) as pool:
        tokens = dict(zip(names, pool.map(add, names), strict=True))
    assert {name: with_token(file, token) for name, token in tokens.items()} == {name: Caller(name) for name in names}
    assert list(file.parent.iterdir()) == [file]
