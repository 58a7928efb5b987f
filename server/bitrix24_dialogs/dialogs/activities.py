"""Sessions as CRM knows them: one activity each (adjacent methods: crm.activity.list).

Nothing else lists the sessions of other operators, or a client's past ones (protocol notes 10).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from bitrix24_dialogs.dialogs.brief import read_chat
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.entity_data import CrmItem, CrmType
from bitrix24_dialogs.dialogs.portal_values import mapping, text, whole
from bitrix24_dialogs.dialogs.refusals import DialogRefused, is_without_access
from bitrix24_dialogs.dialogs.together import Read, read_together
from bitrix24_dialogs.gateway.errors import BadAnswer
from bitrix24_dialogs.presenting.fitting import fitted
from bitrix24_dialogs.presenting.untrusted import Untrusted

COVERS = "only sessions saved to CRM that your CRM rights let you see"
OF_LINES_IN_REACH = "only what is known to be of a line in reach here (BITRIX24_LINES)"
NO_MORE = "There is nothing so far down; a smaller offset begins earlier"

_PAGE = 50  # rows in an answer, whatever is asked for
_TITLE = 120
_NONE = "No such session is in CRM, or your CRM rights do not show it"
_OWNERS: Mapping[CrmType, int] = {"LEAD": 1, "DEAL": 2, "CONTACT": 3, "COMPANY": 4}
_FIELDS = (
    "ID",
    "OWNER_TYPE_ID",
    "OWNER_ID",
    "ASSOCIATED_ENTITY_ID",
    "SUBJECT",
    "START_TIME",
    "END_TIME",
    "COMPLETED",
    "RESPONSIBLE_ID",
)


@dataclass(frozen=True, kw_only=True)
class SessionInCrm:
    """A session as CRM shows it. ``responsible_id`` is whose it is there, as a rule its operator."""

    session_id: int
    title: Untrusted | None = None
    closed: bool
    started: str | None = None
    ended: str | None = None
    responsible_id: int | None = None
    crm: CrmItem | None = None


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """A page of sessions, the newest first."""

    sessions: tuple[SessionInCrm, ...] = ()
    total: Annotated[int | None, "as far as CRM counts"] = None
    left_out: Annotated[int | None, "after this page"] = None
    unreadable: Annotated[int | None, "rows that could not be understood"] = None
    covers: str
    why: str | None = None
    next: str | None = None


@dataclass(frozen=True)
class Period:
    """What of the sessions is wanted; times as the portal takes them."""

    operator_id: int | None = None
    since: str | None = None
    before: str | None = None

    def filter(self) -> dict[str, Any]:
        """The portal's filter for it."""
        wanted = {"RESPONSIBLE_ID": self.operator_id, ">=START_TIME": self.since, "<START_TIME": self.before}
        return {name: value for name, value in wanted.items() if value is not None}


@dataclass(frozen=True)
class _Page:
    """Sessions by where they stand in the portal's whole list."""

    rows: Sequence[tuple[int, SessionInCrm]]
    start: int
    end: int
    total: int | None
    full: bool
    unreadable: int


async def sessions_of_period(desk: Desk, period: Period, limit: int, offset: int) -> Sessions:
    """The sessions of an operator, of a period, or all that the caller may see.

    Raises:
        PortalError: they could not be read.
    """
    page = await _read(desk, period.filter(), limit, offset)
    return _shown(desk, page, "{sessions_list} with the same arguments and offset={end}")


async def sessions_of_items(desk: Desk, items: Iterable[CrmItem], limit: int, offset: int, go_on: str) -> Sessions:
    """The sessions of a client: those bound to any of ``items``. ``go_on`` names the tool and its arguments.

    Raises:
        PortalError: they could not be read.
    """
    bound = [{"OWNER_TYPE_ID": _OWNERS[item.type], "OWNER_ID": item.id} for item in items]
    page = await _read(desk, {"BINDINGS": bound}, limit, offset)
    return _shown(desk, page, f"{go_on} and offset={{end}}")


async def _read(desk: Desk, wanted: Mapping[str, Any], limit: int, offset: int) -> _Page:
    start = offset // _PAGE * _PAGE  # quirk: a start between two pages means the page that it lies in
    result, total = await desk.read_page(
        "crm.activity.list",
        {
            "filter": {"PROVIDER_ID": "IMOPENLINES_SESSION", **wanted},
            "select": list(_FIELDS),
            "order": {"START_TIME": "DESC", "ID": "DESC"},
            "start": start,
        },
    )
    if not isinstance(result, list | dict):
        raise BadAnswer("The portal's answer is not a list of sessions", "Try again in a minute")
    # Whatever an offset beyond the end brings, it is no further page.
    raw = list(mapping(result).values()) if total is None or start < total else []
    asked = list(enumerate(raw, start))[offset - start : offset - start + limit]
    read = [(place, _session(desk, mapping(row))) for place, row in asked]
    rows = [(place, session) for place, session in read if session is not None]
    if asked and not rows:
        raise BadAnswer("The portal's answer is not a list of sessions", "Try again in a minute")
    return _Page(
        rows=await _in_reach(desk, rows),
        start=offset,
        end=offset + len(asked),
        total=None if desk.lines else total,  # not even how many there are of other lines
        full=len(raw) >= _PAGE or len(asked) < len(raw) - (offset - start),
        unreadable=len(read) - len(rows),
    )


def _session(desk: Desk, row: Mapping[str, Any]) -> SessionInCrm | None:
    number, closed = whole(row.get("ASSOCIATED_ENTITY_ID")), text(row.get("COMPLETED"))
    if number < 1 or closed not in {"Y", "N"}:
        return None
    owner, item = whole(row.get("OWNER_TYPE_ID")), whole(row.get("OWNER_ID"))
    kind = next((name for name, code in _OWNERS.items() if code == owner), None)
    return SessionInCrm(
        session_id=number,
        title=desk.words.name(text(row.get("SUBJECT")), _TITLE) or None,
        closed=closed == "Y",
        started=desk.words.moment(text(row.get("START_TIME"))),
        ended=desk.words.moment(text(row.get("END_TIME"))) if closed == "Y" else None,
        responsible_id=max(0, whole(row.get("RESPONSIBLE_ID"))) or None,
        crm=CrmItem(kind, item) if kind and item > 0 else None,
    )


async def _in_reach(desk: Desk, rows: Sequence[tuple[int, SessionInCrm]]) -> Sequence[tuple[int, SessionInCrm]]:
    """Those whose dialogs are of a line in reach. CRM does not tell the line, so the dialogs' cards are read."""
    if not desk.lines or not rows:
        return rows
    reads = {
        f"s{session.session_id}": Read("imopenlines.dialog.get", {"SESSION_ID": session.session_id})
        for _, session in rows
    }
    cards = await read_together(desk, reads)

    def reached(session: SessionInCrm) -> bool:
        try:
            chat = read_chat(mapping(cards[f"s{session.session_id}"]))
        except DialogRefused as refused:
            if not is_without_access(refused):
                raise
            return False  # which line it is of cannot be known
        return chat is not None and desk.lines.issuperset(chat.lines_of(session.session_id))

    return [(place, session) for place, session in rows if reached(session)]


def _shown(desk: Desk, page: _Page, go_on: str) -> Sessions:
    def page_of(rows: Sequence[tuple[int, SessionInCrm]]) -> Sessions:
        end = page.end if len(rows) == len(page.rows) else page.rows[len(rows)][0]
        left_out = max(0, page.total - end) if page.total is not None else None
        more = bool(left_out) if left_out is not None else page.full or end < page.end
        return Sessions(
            sessions=tuple(session for _, session in rows),
            total=page.total,
            left_out=left_out or None,
            unreadable=page.unreadable or None,
            covers=f"{COVERS}; {OF_LINES_IN_REACH}" if desk.lines else COVERS,
            why=None if rows else NO_MORE if page.start else _NONE,
            next=desk.advise(go_on.replace("{end}", str(end))) if more else None,
        )

    return fitted(page.rows, page_of)
