"""The acting operator's dialogs: who waits for whom, and since when (protocol notes 10, "List my dialogs")."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal

from bitrix24_dialogs.dialogs.brief import Brief, RawChat, no_list_of_dialogs, read_chat
from bitrix24_dialogs.dialogs.card import State, moment_of
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.lines import require_reach
from bitrix24_dialogs.dialogs.portal_values import mapping, text, whole
from bitrix24_dialogs.presenting.fitting import fitted
from bitrix24_dialogs.presenting.untrusted import Cleaned, Untrusted

Side = Literal["operator", "client"]
Order = Literal["newest", "longest_waiting"]

MY_DIALOGS = "im.recent.get"
MY_DIALOGS_PARAMS: Mapping[str, str] = {"ONLY_OPENLINES": "Y"}

_LAST_WORDS = 160
_SEARCHED = 2_000
_ANSWERED = 40  # the status of a session whose operator wrote last, and of all later ones (behaviour 5)


@dataclass(frozen=True, kw_only=True)
class Waiting(Brief):
    """A dialog of yours. ``waiting_for`` is whose turn it is; ``waiting_since`` the last message's time, so the wait
    may have begun before it; for a dialog that nobody ever accepted, the session's start.
    """

    waiting_for: Side | None = None
    waiting_since: Annotated[str | None, "or earlier"] = None
    session_started: str | None = None
    unread: int
    last_by: Literal["client", "you", "other", "system"] | None = None
    last_words: Untrusted | None = None


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """A page of your dialogs; ``total`` counts those that match."""

    dialogs: tuple[Waiting, ...]
    total: int
    left_out: Annotated[int | None, "after this page"] = None
    unreadable: Annotated[int | None, "rows that could not be understood"] = None
    why: str | None = None
    next: str | None = None


@dataclass(frozen=True)
class Wanted:
    """Which dialogs, in which order, from where on."""

    state: State | None
    line_id: int | None
    unread: bool | None
    text: str | None
    order: Order
    limit: int
    offset: int


@dataclass(frozen=True)
class Row:
    """A row of the portal's list: its chat, and what the list adds."""

    chat: RawChat
    fields: Mapping[str, Any]

    @property
    def message(self) -> Mapping[str, Any]:
        """The chat's last message."""
        return mapping(self.fields.get("message"))

    @property
    def author(self) -> int:
        """Who wrote the last message; 0 for the system."""
        return whole(self.message.get("author_id"))

    @property
    def moved(self) -> str:
        """When something last happened in the chat."""
        return text(self.message.get("date")) or text(self.fields.get("date_last_activity"))

    @property
    def unread(self) -> int:
        """How many messages the employee has not read; one at least if they marked the chat as unread."""
        return whole(self.fields.get("counter")) or int(self.fields.get("unread") is True)

    @property
    def status(self) -> int | None:
        """The status of the open session; None where the row tells none, or another session's."""
        lines = mapping(self.fields.get("lines"))
        # quirk: a documented example takes this id for the line's
        if not isinstance(lines.get("status"), int | str) or whole(lines.get("id")) != self.chat.data.session_id:
            return None
        status = lines["status"]
        return whole(status) or (0 if status in {0, "0"} else None)

    @property
    def waiting_for(self) -> Side | None:
        """Whose turn it is: by the session's status, else by who wrote last."""
        if self.chat.state == "closed":
            return None
        if self.chat.state == "waiting":
            return "operator"
        if self.status is not None:
            return "operator" if self.status < _ANSWERED else "client"
        if not self.author or not self.chat.client:
            return None
        return "operator" if self.author == self.chat.client else "client"


async def list_dialogs(desk: Desk, wanted: Wanted) -> Inbox:
    """The acting operator's dialogs: those that wait for them, and those they take part in.

    Raises:
        DialogRefused: only those of a line out of reach are wanted.
        PortalError: they could not be read.
    """
    if wanted.line_id is not None:
        require_reach(desk, wanted.line_id)
    me = await desk.me()
    rows, unreadable = read_rows(desk, await desk.read(MY_DIALOGS, MY_DIALOGS_PARAMS))
    matching = [row for row in rows if _matches(desk, row, wanted)]
    matching.sort(key=_moved, reverse=True)
    if wanted.order == "longest_waiting":
        matching.sort(key=partial(_turn, desk))
    page = matching[wanted.offset : wanted.offset + wanted.limit]
    return fitted(page, lambda shown: _inbox(desk, me, shown, wanted, total=len(matching), unreadable=unreadable))


def read_rows(desk: Desk, result: object) -> tuple[list[Row], int]:
    """The rows of the portal's list that are dialogs in reach, and how many could not be understood.

    Raises:
        BadAnswer: it is no such list.
    """
    if not isinstance(result, list | dict):
        raise no_list_of_dialogs()
    # quirk: a dialog without any message is an empty row
    raw = [mapping(row) for row in mapping(result).values() if row is not None]
    read = [_row(row) for row in raw if not _is_no_dialog(row)]
    rows = [row for row in read if row is not None]
    if read and not rows:
        raise no_list_of_dialogs()
    return [row for row in rows if not desk.lines or row.chat.line in desk.lines], len(read) - len(rows)


def _is_no_dialog(row: Mapping[str, Any]) -> bool:
    return row.get("type") == "user" or text(mapping(row.get("chat")).get("entity_type")) not in {"", "LINES"}


def _row(fields: Mapping[str, Any]) -> Row | None:
    chat = read_chat(mapping(fields.get("chat")))
    return Row(chat, fields) if chat and whole(fields.get("chat_id")) in {0, chat.number} else None


def _matches(desk: Desk, row: Row, wanted: Wanted) -> bool:
    tests: Iterable[tuple[object, Callable[[], bool]]] = (
        (wanted.state, lambda: row.chat.state == wanted.state),
        (wanted.line_id, lambda: row.chat.line == wanted.line_id),
        (wanted.unread, lambda: bool(row.unread) is wanted.unread),
        (wanted.text, lambda: _holds(desk, row, wanted.text or "")),
    )
    return all(test() for given, test in tests if given is not None)


def _holds(desk: Desk, row: Row, phrase: str) -> bool:
    """Whether the words that a caller may see hold ``phrase``: what is hidden from them cannot be guessed at so."""
    seen = (desk.words.name(text(row.chat.fields.get("name")), _SEARCHED), _last_text(desk, row, _SEARCHED))
    return any(phrase.casefold() in words.casefold() for words in seen)


_NONE = "No dialog of yours matches; {dialogs_find} looks among those of colleagues, too"
_NONE_WITH_WORDS = (
    "No title or last message of your dialogs holds these words; {dialogs_find} finds clients by name, among"
    " colleagues' dialogs, too"
)


def _last_text(desk: Desk, row: Row, limit: int) -> Cleaned:
    return desk.words.name(text(row.message.get("text")), limit)


def _inbox(desk: Desk, me: int, rows: Sequence[Row], wanted: Wanted, *, total: int, unreadable: int) -> Inbox:
    end = wanted.offset + len(rows)
    left_out = max(0, total - end)
    why = None
    if not rows:
        why = f"There are only {total}" if total else desk.advise(_NONE_WITH_WORDS if wanted.text else _NONE)
    return Inbox(
        dialogs=tuple(_shown(desk, me, row) for row in rows),
        total=total,
        left_out=left_out or None,
        unreadable=unreadable or None,
        why=why,
        next=desk.advise(f"{{dialogs_list}} with the same filters and offset={end}") if left_out and rows else None,
    )


def _shown(desk: Desk, me: int, row: Row) -> Waiting:
    return Waiting(
        **row.chat.brief(desk, me),
        waiting_for=row.waiting_for,
        waiting_since=_since(desk, row),
        session_started=_started(row),
        unread=row.unread,
        last_by=_last_by(row, me),
        last_words=_last_text(desk, row, _LAST_WORDS) or None,
    )


def _since(desk: Desk, row: Row) -> str | None:
    if row.waiting_for is None:
        return None
    # Only a client opens a session that nobody has accepted yet (behaviour 5).
    return (_started(row) if row.status == 0 else None) or desk.words.moment(row.moved)


def _started(row: Row) -> str | None:
    if not row.chat.data.session_id:
        return None
    return moment_of(row.chat.data.session_started, text(row.chat.fields.get("date_create")))


def _last_by(row: Row, me: int) -> Literal["client", "you", "other", "system"] | None:
    if not row.message:
        return None
    named: Mapping[int, Literal["client", "you", "system"]] = {row.chat.client: "client", me: "you", 0: "system"}
    return named.get(row.author, "other")


def _moved(row: Row) -> tuple[float, int]:
    return _seconds(row.moved), row.chat.number


def _turn(desk: Desk, row: Row) -> tuple[bool, float]:
    """First the clients who wait, the longest-waiting before the others; then the rest as it was."""
    waits = row.waiting_for == "operator"
    return not waits, _seconds(_since(desk, row) or "") if waits else 0.0


def _seconds(moment: str) -> float:
    """For sorting only: what is no time comes first."""
    try:
        read = datetime.fromisoformat(moment)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0
