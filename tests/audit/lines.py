"""Reading an audit file as a person's tools would."""

import json
from pathlib import Path
from typing import Any

Line = dict[str, Any]


def lines_of(file: Path) -> list[Line]:
    """Every line; each has to be whole."""
    data = file.read_bytes() if file.exists() else b""
    assert data == b"" or data.endswith(b"\n")
    return [json.loads(line) for line in data.splitlines()]


def raw(file: Path) -> bytes:
    """What is in the file, byte by byte."""
    return file.read_bytes()


def mode(file: Path) -> int:
    """Who may do what with the file."""
    return file.stat().st_mode & 0o777


def pair_of(file: Path) -> tuple[Line, Line]:
    """The only intent and its outcome."""
    intent, outcome = lines_of(file)
    assert (intent["event"], outcome["event"]) == ("intent", "outcome")
    assert intent["id"] == outcome["id"]
    return intent, outcome


def ends_of(file: Path) -> list[tuple[str, str, object]]:
    """Tool, outcome and changed of every outcome."""
    return [(line["tool"], line["outcome"], line["changed"]) for line in lines_of(file) if line["event"] == "outcome"]
