"""Seeds: a portal's state as JSON.

A seed is one object; every part may be left out:

| Field | What |
|---|---|
| `settings` | see `entities.Settings` |
| `users` | list; `id` and `first_name` are needed; `key` names an employee; `kind` is employee, client, bot, system |
| `webhooks` | list of `{"id": <user id>, "scopes": [...]}`; left out, every employee has one with all scopes |
| `lines` | list; `id` and `name` are needed; `queue` lists user ids |
| `chats` | list; `id`, `title` and `created` are needed; `members` maps user ids to `{"last_read": ...}` |
| `sessions` | list; `id`, `chat_id`, `user_code`, `line_id` and `started` are needed |
| `messages` | list; `id`, `chat_id`, `author`, `date` and `text` are needed |
| `files`, `activities`, `crm_items`, `notifications` | lists, see `entities` |
| `known` | chat ids by key |
| `counters` | the last ids given out; whatever is missing is taken from the highest id in the seed |
| `secret_seed` | makes webhook secrets predictable |

Dates are ISO-8601 with an offset. `GET /control/state` answers in this form, without the secret.
"""

import json
from collections.abc import Container
from pathlib import Path
from typing import Any

from bitrix24_dialogs.portal.clock import Clock
from bitrix24_dialogs.portal.codec import from_plain, to_plain
from bitrix24_dialogs.portal.entities import Webhook
from bitrix24_dialogs.portal.errors import SeedError
from bitrix24_dialogs.portal.portal import Portal, State


def load_seed(source: str | Path | dict[str, Any], *, clock: Clock | None = None, secret_seed: str = "") -> Portal:
    """Build a portal from a seed.

    Args:
        source: a file's path, or the seed itself.
        clock: where the portal's time comes from; real time by default.
        secret_seed: makes webhook secrets predictable; the seed's own unless told.

    Returns:
        The portal.

    Raises:
        SeedError: what is wrong with it, in one line.
    """
    data = dict(source) if isinstance(source, dict) else _read(Path(source))
    secret = data.pop("secret_seed", "")
    if not isinstance(secret, str):
        raise SeedError("seed.secret_seed: a text was wanted")
    state = from_plain(State, data)
    _check_references(state)
    if "webhooks" not in data:
        state.webhooks = {user.id: Webhook(user.id) for user in state.users.values() if user.kind == "employee"}
    state.messages = dict(sorted(state.messages.items()))
    _complete_counters(state)
    return Portal(state, clock=clock, secret_seed=secret_seed or secret)


def dump_seed(portal: Portal) -> dict[str, Any]:
    """Return a portal's state as a seed, without its secret."""
    plain: dict[str, Any] = to_plain(portal.state)
    return plain


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SeedError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise SeedError(f"{path}: is not JSON ({error})") from None
    if not isinstance(data, dict):
        raise SeedError(f"{path}: must hold one JSON object")
    return data


def _check_references(state: State) -> None:
    wanted: list[tuple[str, int, Container[int]]] = [
        *((f"seed.webhooks {one.id}", one.id, state.users) for one in state.webhooks.values()),
        *((f"seed.messages {one.id}.chat_id", one.chat_id, state.chats) for one in state.messages.values()),
        *((f"seed.known.{key}", chat_id, state.chats) for key, chat_id in state.known.items()),
    ]
    for where, number, things in wanted:
        if number not in things:
            raise SeedError(f"{where}: there is no {number}")


def _complete_counters(state: State) -> None:
    highest = {
        "user": max(state.users, default=0),
        "chat": max(state.chats, default=0),
        "session": max(state.sessions, default=0),
        "message": max(state.messages, default=0),
        "file": max(state.files, default=0),
        "activity": max(state.activities, default=0),
    }
    for item in state.crm_items:
        highest[item.type] = max(item.id, highest.get(item.type, 0))
    for kind, number in highest.items():
        state.counters[kind] = max(number, state.counters.get(kind, 0))
