"""`batch`: up to fifty commands in one request (protocol notes 5, behaviour 15)."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from bitrix24_dialogs.portal import php
from bitrix24_dialogs.portal.errors import RestError

MOST_COMMANDS = 50
REFUSED = {"batch", "im.v2.file.download"}
_REFERENCE = re.compile(r"\$result((?:\[[^\[\]]*\])+)")
_STEP = re.compile(r"\[([^\[\]]*)\]")

Command = Callable[[str, Mapping[str, Any]], dict[str, Any]]


def run_batch(params: Mapping[str, Any], command: Command) -> dict[str, Any]:
    """Run the commands one after another.

    Args:
        params: `cmd`, a map or list of "method?query" texts, and `halt`.
        command: runs one method and returns the body of its answer.

    Returns:
        The five maps of the answer; an empty one is `[]`. A command that failed is missing in `result`; what
        follows a failure is missing everywhere when `halt` is set.

    Raises:
        RestError: ERROR_BATCH_LENGTH_EXCEEDED for more than fifty commands.
    """
    given = params.get("cmd")
    commands = dict(enumerate(given)) if isinstance(given, list) else given if isinstance(given, dict) else {}
    if len(commands) > MOST_COMMANDS:
        raise RestError("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
    results: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    times: dict[str, Any] = {}
    totals: dict[str, Any] = {}
    nexts: dict[str, Any] = {}
    for key, line in commands.items():
        if not isinstance(line, str):
            continue  # quirk: skipped without a word
        name, _, query = line.partition("?")
        try:
            body = _run(name, _resolved(parse_query(query), results), command)
        except RestError as error:
            errors[str(key)] = {"error": error.code, "error_description": error.description}
            if php.to_int(params.get("halt")):
                break
        else:
            results[str(key)], times[str(key)] = body["result"], body["time"]
            totals |= {str(key): body["total"]} if "total" in body else {}
            nexts |= {str(key): body["next"]} if "next" in body else {}
    return {
        "result": php.encoded_map(results),
        "result_error": php.encoded_map(errors),
        "result_total": php.encoded_map(totals),
        "result_next": php.encoded_map(nexts),
        "result_time": php.encoded_map(times),
    }


def parse_query(query: str) -> dict[str, Any]:
    """Read a query or form text the PHP way, brackets included."""
    found: dict[str, Any] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        php.put(found, key, value)
    return {key: php.listed(value) for key, value in found.items()}


def _run(name: str, params: Mapping[str, Any], command: Command) -> dict[str, Any]:
    if name.lower() in REFUSED:
        raise RestError("ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage", 405)
    return command(name, params)


def _resolved(value: Any, results: dict[str, Any]) -> Any:
    """Replace every reference to an earlier result; quirk: in any text, wherever it came from."""
    if isinstance(value, dict):
        return {key: _resolved(inner, results) for key, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner, results) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _found(whole[1], results)
    return _REFERENCE.sub(lambda match: _as_text(_found(match[1], results)), value)


def _found(path: str, results: dict[str, Any]) -> Any:
    """Follow a path; one that cannot be followed stops at the deepest level there is."""
    place: Any = results
    for step in _STEP.findall(path):
        if isinstance(place, dict) and step in place:
            place = place[step]
        elif isinstance(place, list) and step.isdecimal() and php.to_int(step) < len(place):
            place = place[php.to_int(step)]
        else:
            break
    return place


def _as_text(value: Any) -> str:
    return "Array" if isinstance(value, dict | list) else php.to_text(value)
