"""Who acts, what the credential may do, and what is on their desk (protocol notes 2.4)."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Annotated

from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.inbox import MY_DIALOGS, MY_DIALOGS_PARAMS, Row, read_rows
from bitrix24_dialogs.dialogs.portal_values import mapping, text
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.dialogs.together import Answers, Read, read_together
from bitrix24_dialogs.gateway.errors import BadAnswer, PortalError
from bitrix24_dialogs.gateway.identity import acting_user
from bitrix24_dialogs.presenting.untrusted import Untrusted

_NAME = 100
_MOST_SCOPES = 200  # more than there are
_SCOPE = re.compile(r"[a-z0-9_.]{1,40}")


@dataclass(frozen=True, kw_only=True)
class Load:
    """Dialogs by state; ``to_answer`` counts the waiting ones and yours in which a client waits."""

    waiting: Annotated[int, "that nobody has accepted, offered to you"]
    open: Annotated[int, "that you have accepted"]
    joined: Annotated[int, "of colleagues, which you take part in"]
    closed: Annotated[int, "still in your list"]
    to_answer: int


@dataclass(frozen=True, kw_only=True)
class Acting:
    """Who acts, and what they may do. ``only_lines`` are the lines that this server may work with; empty for all."""

    user_id: int
    name: Untrusted | None = None
    admin: bool
    scopes: tuple[str, ...] = ()
    only_lines: tuple[int, ...] = ()
    load: Load | None = None
    load_unknown: Annotated[str | None, "why there is no load, or not all of it"] = None
    problem: str | None = None


async def who_acts(desk: Desk) -> Acting:
    """The acting user, the scopes of the credential, the open load: one request for all.

    Raises:
        PortalError: not even the acting user could be read.
    """
    owner = await desk.me()
    answers = await read_together(
        desk, {"user": Read("profile", {}), "scopes": Read("scope", {}), "dialogs": Read(MY_DIALOGS, MY_DIALOGS_PARAMS)}
    )
    profile = answers["user"]
    if not isinstance(profile, dict | list) or (profile and acting_user(profile) is None):
        raise BadAnswer("The portal's answer is not a user's profile", "Try again in a minute")
    acting = acting_user(profile) or 0
    user = mapping(profile)
    load, unknown = _load(desk, answers, acting)
    return Acting(
        user_id=acting or owner,
        name=desk.words.name(f"{text(user.get('NAME'))} {text(user.get('LAST_NAME'))}".strip(), _NAME) or None,
        admin=user.get("ADMIN") is True or user.get("ADMIN") == "Y",
        scopes=_scopes(answers),
        only_lines=tuple(sorted(desk.lines)),
        load=load,
        load_unknown=unknown,
        problem=_problem(owner, acting),
    )


def _problem(owner: int, acting: int) -> str | None:
    if acting == owner:
        return None
    # quirk: a dismissed employee's webhook goes on working, as somebody else (protocol notes 2.1)
    actor = f"acts as user {acting}" if acting else "sees nobody active behind it"
    return (
        f"The webhook belongs to user {owner}, but the portal {actor}: changes are refused. Create a webhook as an"
        " active employee"
    )


def _scopes(answers: Answers) -> tuple[str, ...]:
    names = mapping(answers["scopes"]).values()
    return tuple(sorted(name for name in names if isinstance(name, str) and _SCOPE.fullmatch(name)))[:_MOST_SCOPES]


def _load(desk: Desk, answers: Answers, me: int) -> tuple[Load | None, str | None]:
    try:
        rows, unreadable = read_rows(desk, answers["dialogs"])
    except (DialogRefused, PortalError) as error:
        return None, str(error)
    kinds = Counter(_kind(row, me) for row in rows)
    mine = [row for row in rows if _kind(row, me) in {"waiting", "open"}]
    return Load(
        waiting=kinds["waiting"],
        open=kinds["open"],
        joined=kinds["joined"],
        closed=kinds["closed"],
        to_answer=sum(row.waiting_for == "operator" for row in mine),
    ), f"{unreadable} rows could not be understood and are not counted" if unreadable else None


def _kind(row: Row, me: int) -> str:
    return "joined" if row.chat.state == "open" and row.chat.owner != me else row.chat.state
