"""The file itself: whole lines, bounded size, several processes, a full disk."""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bitrix24_dialogs.toolbox.audit_file import AuditFile, Entry, unanswered
from bitrix24_dialogs.toolbox.file_lock import alone
from tests.audit.lines import lines_of
from tests.support import eventually


def intent(audit: AuditFile) -> dict[str, Any]:
    return {"event": "intent", "id": audit.new_id(), "padding": "x" * 50}


def outcome(of: Entry) -> dict[str, Any]:
    return {**of, "event": "outcome"}


def older(file: Path, number: int) -> Path:
    return file.with_name(f"{file.name}.{number}")


def run(script: str, *arguments: str) -> "subprocess.Popen[str]":
    """Another process that uses audit files."""
    prelude = "import sys\nfrom pathlib import Path\nfrom bitrix24_dialogs.toolbox.audit_file import AuditFile\n"
    command = [sys.executable, "-c", prelude + script, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def settled(file: Path) -> Sequence[Entry]:
    """What a process that starts now finds abandoned."""
    return AuditFile(file).settle(outcome)


def test_only_its_owner_can_read_it_and_what_stands_beside_it(file: Path) -> None:
    audit = AuditFile(file)
    audit.add(intent(audit))
    assert len(list(file.parent.iterdir())) == 3
    assert {path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {0o600}
    audit.close()
    assert {path.name for path in file.parent.iterdir()} == {"audit.jsonl", "audit.jsonl.lock"}


@pytest.mark.parametrize("rest", [b'{"event":"inte', b"\xff\xfe", b"[1, 2]", b"7", b"{}", b"[" * 100_000])
def test_a_line_that_a_crash_cut_short_stays_alone(rest: bytes, file: Path) -> None:
    whole = b'{"event":"intent","id":"0-1"}\n'
    file.write_bytes(whole + rest)
    audit = AuditFile(file)
    added = intent(audit)
    audit.add(added)
    first, cut, last = file.read_bytes().splitlines()
    assert (first + b"\n", cut, json.loads(last)) == (whole, rest, added)
    assert [entry["id"] for entry in settled(file)] == ["0-1"]


def test_an_outcome_that_a_crash_cut_short_is_none() -> None:
    begun = b'{"event":"intent","id":"0-1","ids":{"chat_id":1},"caller":"local"}\n'
    ended = b'{"event":"outcome","id":"0-1","ids":{"chat_id":1},"caller":"local","changed":true}\n'
    assert unanswered([begun, ended]) == []
    for length in range(len(ended) - 2):
        assert len(unanswered([begun, ended[:length] + b"\n"])) == 1


def test_what_one_process_left_open_is_found_once(file: Path) -> None:
    with run(
        "audit = AuditFile(Path(sys.argv[1]))\n"
        "done = {'event': 'intent', 'id': audit.new_id()}\n"
        "audit.add(done)\n"
        "audit.add({**done, 'event': 'outcome'})\n"
        "left = {'event': 'intent', 'id': audit.new_id()}\n"
        "audit.add(left)\n"
        "print(left['id'], flush=True)\n"
        "sys.stdin.read()\n",
        str(file),
    ) as other:
        assert other.stdout is not None
        left = other.stdout.readline().strip()
        mine = AuditFile(file)
        own = intent(mine)
        mine.add(own)
        assert settled(file) == []
        other.kill()
        other.wait(60)
    assert [entry["id"] for entry in settled(file)] == [left]
    assert settled(file) == []
    assert lines_of(file)[-1] == {"event": "outcome", "id": left}
    mine.add(outcome(own))
    mine.close()
    assert settled(file) == []
    assert {path.name for path in file.parent.iterdir()} == {"audit.jsonl", "audit.jsonl.lock"}


def test_a_mark_that_somebody_removed_is_made_anew(file: Path) -> None:
    audit = AuditFile(file)
    audit.add(intent(audit))
    (mark,) = file.parent.glob("*.running")
    mark.unlink()
    audit.add(intent(audit))
    assert settled(file) == []
    assert mark.exists()


def test_it_is_continued_in_a_new_file_and_so_many_older_ones_are_kept(file: Path) -> None:
    audit = AuditFile(file, largest=1_000, kept=3)
    ids = []
    for _ in range(100):
        line = intent(audit)
        audit.add(line)
        audit.add(outcome(line))
        ids.append(line["id"])
    files = [older(file, 3), older(file, 2), older(file, 1), file]
    assert all(0 < path.stat().st_size <= 1_000 for path in files)
    assert not older(file, 4).exists()
    kept = dict.fromkeys((line["id"], line["event"]) for path in files for line in lines_of(path))
    written = [(name, event) for name in ids for event in ("intent", "outcome")]
    assert list(kept) == written[-len(kept) :]
    assert len(kept) > 25


def test_what_is_open_survives_any_number_of_rotations(file: Path) -> None:
    gone = AuditFile(file, largest=1_000, kept=2)
    left = intent(gone)
    gone.add(left)
    gone.close()
    audit = AuditFile(file, largest=1_000, kept=2)
    for _ in range(50):
        line = intent(audit)
        audit.add(line)
        audit.add(outcome(line))
    assert left not in lines_of(older(file, 2))[1:]
    assert settled(file) == [left]
    assert settled(file) == []


def test_a_rotation_that_was_cut_short_loses_nothing(file: Path) -> None:
    gone = AuditFile(file, largest=1_000)
    left = intent(gone)
    gone.add(left)
    gone.close()
    file.rename(older(file, 1))  # and there it ended
    audit = AuditFile(file, largest=1_000)
    audit.add(outcome(intent(audit)))
    assert settled(file) == [left]


def test_a_file_that_cannot_be_renamed_grows_on(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    older(file, 1).mkdir()
    (older(file, 1) / "in the way").touch()
    older(file, 2).mkdir()
    audit = AuditFile(file, largest=500, kept=2)
    for _ in range(10):
        audit.add(intent(audit))
    assert len(lines_of(file)) == 10
    assert "no new one can be begun" in caplog.text
    assert str(file) not in caplog.text


WRITER = """
audit = AuditFile(Path(sys.argv[1]), largest=20_000, kept=1000)
sys.stdin.readline()
for _ in range(150):
    line = {"event": "intent", "id": audit.new_id(), "padding": "x" * 100}
    audit.add(line)
    audit.add({**line, "event": "outcome"})
audit.close()
"""


def test_processes_never_write_into_each_others_lines_and_rotate_once(file: Path) -> None:
    writers = [run(WRITER, str(file)) for _ in range(4)]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert writer.returncode == 0, errors
    files = [*sorted(file.parent.glob("audit.jsonl.[0-9]*"), key=lambda path: -int(path.suffix[1:])), file]
    lines = [line for path in files for line in lines_of(path)]
    pairs = [(line["event"], line["id"]) for line in lines]
    assert len(set(pairs)) == 4 * 150 * 2
    carried = len(pairs) - len(set(pairs))
    assert carried <= 4 * len(files)  # what was open at a rotation
    assert all(path.stat().st_size > 19_000 for path in files[:-1])  # nobody rotated what had just been begun
    assert settled(file) == []


FULL = """
import errno, resource
audit = AuditFile(Path(sys.argv[1]))
line = {"event": "intent", "id": audit.new_id(), "padding": "x" * 3000}
audit.add(line)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
try:
    audit.add({**line, "event": "outcome"})
except OSError as error:
    print(errno.errorcode[error.errno])
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
audit.add({"event": "outcome", "id": line["id"]})
"""


def test_a_line_for_which_there_is_no_room_leaves_nothing_behind(file: Path) -> None:
    with run(FULL, str(file)) as other:
        said, errors = other.communicate(timeout=60)
    assert (said, other.returncode) == ("EFBIG\n", 0), errors
    assert [line["event"] for line in lines_of(file)] == ["intent", "outcome"]
    assert file.stat().st_size < 3_500


@pytest.mark.parametrize("kind", ["folder missing", "folder", "device", "not a folder"])
def test_what_cannot_be_written_is_an_error_and_nothing_is_made(kind: str, tmp_path: Path) -> None:
    file = {"folder missing": tmp_path / "none" / "audit.jsonl", "not a folder": tmp_path / "a" / "audit.jsonl"}.get(
        kind, tmp_path / "audit.jsonl"
    )
    if kind == "folder":
        file.mkdir()
    elif kind == "device":
        file.symlink_to("/dev/full")
    elif kind == "not a folder":
        (tmp_path / "a").touch()
    before = sorted(tmp_path.iterdir())
    audit = AuditFile(file)
    for attempt in (lambda: audit.add(intent(audit)), lambda: audit.settle(outcome)):
        with pytest.raises(OSError, match=r"No such file|not an ordinary file|Not a directory"):
            attempt()
    assert sorted(tmp_path.iterdir()) == before
    assert not Path("/dev/full.lock").exists()


def test_a_link_leads_to_the_same_lock(file: Path) -> None:
    link = file.with_name("link.jsonl")
    link.symlink_to(file)
    for path in (file, link):
        audit = AuditFile(path)
        audit.add(intent(audit))
        audit.close()
    assert len(lines_of(file)) == 2
    assert {path.name for path in file.parent.iterdir()} == {"audit.jsonl", "audit.jsonl.lock", "link.jsonl"}


def test_a_process_that_keeps_it_locked_is_not_waited_for_without_end(file: Path) -> None:
    audit = AuditFile(file, patience=0.05)
    with alone(file.with_name("audit.jsonl.lock"), 1), pytest.raises(TimeoutError, match="keeps it locked"):
        audit.add(intent(audit))
    audit.add(intent(audit))
    assert len(lines_of(file)) == 1


def test_whoever_waits_for_the_lock_gets_it(file: Path) -> None:
    audit = AuditFile(file)
    with alone(file.with_name("audit.jsonl.lock"), 1):
        waiting = threading.Thread(target=lambda: audit.add(intent(audit)))
        waiting.start()
        eventually(waiting.is_alive)
        assert not file.exists()
    waiting.join(60)
    assert len(lines_of(file)) == 1
