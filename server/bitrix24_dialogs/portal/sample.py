"""The default portal: nine people, three lines, a dialog in every state.

Employees: 7 `operator` Maria Novak, 8 `second` Daniel Weiss, 9 `supervisor` Irina Sokolova, 10 `outsider` Tom
Reed (no rights on lines), 11 `administrator` Anna Berg, 12 `extranet` Paul Guest, 13 `dismissed` Viktor Lang
(inactive), 14 Daniel Weber (no rights on lines, not at work). 1 is the portal's system user.

Lines: 22 "Site support" creates leads; 23 "Sales" creates deals, has a closing text and a vote request; 24
"Service desk" has no CRM and offers a dialog to everybody at once. Operator and second are in every queue.

Chats by key in `portal.known`:

| Key | Chat | Line | State |
|---|---|---|---|
| waiting | 2043 | 22 | new, assigned to operator, not accepted |
| waiting_all | 2044 | 24 | new, offered to everybody, no operator |
| mine | 2045 | 24 | accepted by operator, not saved in CRM |
| colleagues | 2046 | 24 | accepted by second, not saved in CRM |
| pinned | 2047 | 22 | accepted by operator and pinned |
| silent | 2048 | 24 | accepted by operator, silent mode on |
| closing | 2049 | 23 | accepted by operator, status 50 |
| closed | 2050 | 24 | closed, one session |
| closed_history | 2051 | 22 | closed, three sessions |
| spam | 2052 | 24 | closed as spam |
| in_crm | 2053 | 22 | accepted by operator, saved as a lead |
| deal_line | 2054 | 23 | accepted by operator, not saved in CRM yet |
| russian | 2055 | 24 | accepted by operator |
| english | 2056 | 22 | accepted by second, on the site's live chat |
| rtl | 2057 | 24 | accepted by operator, in Arabic |
| long | 2058 | 24 | accepted by operator, more than 400 messages, with files |
| ordinary_chat | 2059 | - | an ordinary chat of operator and second |
| client_side_chat | 2060 | - | the client's side of `english` |
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from bitrix24_dialogs.portal import actions, conversations, texts
from bitrix24_dialogs.portal.clock import Clock
from bitrix24_dialogs.portal.entities import Chat, Line, Role, User, Webhook
from bitrix24_dialogs.portal.methods_marks import mode_pin, mode_silent
from bitrix24_dialogs.portal.portal import Portal, State

LONG_TALK = 420
_COUNTERS = {
    "user": 500,
    "chat": 2042,
    "session": 320,
    "message": 85000,
    "file": 5400,
    "activity": 900,
    "LEAD": 1200,
    "CONTACT": 300,
    "DEAL": 80,
}


def default_portal(*, clock: Clock | None = None, secret_seed: str = "") -> Portal:
    """Build the default portal.

    Args:
        clock: where its time comes from; its dialogs lie in the days before. Real time by default.
        secret_seed: makes webhook secrets predictable.

    Returns:
        The portal; every number in it is the same each time.
    """
    state = State(users=_people(), lines=_lines(), counters=dict(_COUNTERS))
    state.webhooks = {user.id: Webhook(user.id) for user in state.users.values() if user.key}
    portal = Portal(state, clock=clock, secret_seed=secret_seed)
    script = _Script(portal)
    _finished(script)
    _accepted(script)
    _languages(script)
    _long(script)
    _waiting(script)
    _other_chats(portal)
    followed = {state.chats[portal.known[key]].title for key in ("closed_history", "english")}
    for item in state.crm_items:
        if item.title in followed:
            item.readers.append(9)  # the supervisor sees these clients in CRM
    _known_lead(portal)
    portal.clock.shift = timedelta()
    portal.settle()
    return portal


def _known_lead(portal: Portal) -> None:
    """What the company knew already of the client of `in_crm`."""
    number = portal.flags(portal.state.chats[portal.known["in_crm"]]).crm_id
    lead = portal.crm_item("LEAD", number)
    if lead is not None:
        addresses = (("PHONE", "+1 202 555 0143"), ("EMAIL", "grace.kim@client.example"))
        lead.fields |= {
            "companyTitle": "Kim Logistics",
            "comments": "[b]Met at the trade fair.[/b]",
            "fm": [
                {"id": portal.state.next_id("multifield"), "valueType": "WORK", "value": value, "typeId": kind}
                for kind, value in addresses
            ],
        }


class _Script:
    """Plays dialogs at past times, half a minute between two steps."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def at(self, hours_ago: float) -> None:
        self.portal.clock.shift = -timedelta(hours=hours_ago)

    def do(self, action: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.portal.advance(30)
        return action(self.portal, *args, **kwargs)

    def talk(self, key: str, lines: Iterable[tuple[str, str]], operator: str = "operator") -> None:
        for who, text in lines:
            if who == "c":
                self.do(actions.client_writes, key, text)
            else:
                self.do(actions.operator_writes, operator, key, text)

    def dialog(self, key: str, number: int, line: int, name: str, connector: str = "telegrambot") -> Chat:
        external = str(71_000_000 + number)
        chat: Chat = self.do(
            actions.new_dialog, line, name, connector=connector, external_chat=external, key=key, chat_id=number
        )
        return chat

    def accepted(self, key: str, operator: str = "operator") -> None:
        self.do(actions.operator_answers, operator, key)


def _people() -> dict[int, User]:
    support, other = [1, 5], [9]
    chief = Role(join="department", history="department", vote_head="department")
    everybody = [
        User(1, "System", "User", kind="system", admin=True),
        User(7, "Maria", "Novak", "operator", gender="F", position="Support agent", departments=support),
        User(8, "Daniel", "Weiss", "second", position="Support agent", departments=support),
        User(9, "Irina", "Sokolova", "supervisor", gender="F", position="Head of support", departments=[5], role=chief),
        User(10, "Tom", "Reed", "outsider", departments=other, role=Role("none", "none", "none")),
        User(11, "Anna", "Berg", "administrator", gender="F", departments=[1], admin=True),
        User(12, "Paul", "Guest", "extranet", extranet=True, role=Role(join="any")),
        User(13, "Viktor", "Lang", "dismissed", active=False, departments=support),
        User(
            14,
            "Daniel",
            "Weber",
            position="Accountant",
            departments=other,
            role=Role("none", "none", "none"),
            available=False,
        ),
    ]
    return {user.id: user for user in everybody}


def _lines() -> dict[int, Line]:
    queue = [7, 8]
    return {
        22: Line(22, "Site support", queue=list(queue), last_editor=11, crm=True, crm_mode="lead"),
        23: Line(
            23,
            "Sales",
            queue=list(queue),
            last_editor=11,
            crm=True,
            crm_mode="deal",
            closing_text="Thank you for writing to us!",
            vote_request=True,
            shown_names={7: "Maria from Sales"},
            work_from="9",
            work_to="18.30",
            time_zone="Europe/Berlin",
        ),
        24: Line(24, "Service desk", queue=list(queue), queue_type="all", last_editor=11, checks_availability=True),
    }


def _waiting(script: _Script) -> None:
    script.at(2)
    script.dialog("waiting", 2043, 22, "Noah Fischer")
    script.talk("waiting", [("c", "Hi, the coupon SPRING does not work."), ("c", "Is anybody there?")])
    script.at(1)
    script.dialog("waiting_all", 2044, 24, "Chloe Martin", "whatsappbytwilio")
    script.talk("waiting_all", [("c", "My scanner is offline since this morning.")])


def _accepted(script: _Script) -> None:
    portal = script.portal
    script.at(30)
    script.dialog("mine", 2045, 24, "Liam O'Brien", "whatsappbytwilio")
    script.talk("mine", [("c", "The contract you sent has a wrong date.")])
    script.accepted("mine")
    script.talk("mine", [("o", "Thank you, I will have it corrected."), ("c", "By Friday, please.")])
    script.dialog("colleagues", 2046, 24, "Sofia Rossi", "whatsappbytwilio")
    script.talk("colleagues", [("c", "How do I add a second user?")])
    script.accepted("colleagues", "second")
    script.talk("colleagues", [("o", "In Settings, under Users.")], "second")
    script.dialog("pinned", 2047, 22, "Hugo Laurent")
    script.talk("pinned", [("c", "Please keep me posted about the refund.")])
    script.accepted("pinned")
    script.do(mode_pin, portal.employee("operator"), {"CHAT_ID": 2047, "ACTIVATE": "Y"})
    script.dialog("silent", 2048, 24, "Mia Jensen", "whatsappbytwilio")
    script.talk("silent", [("c", "I was charged twice.")])
    script.accepted("silent")
    script.do(mode_silent, portal.employee("operator"), {"CHAT_ID": 2048, "ACTIVATE": "Y"})
    script.talk("silent", [("o", "Colleagues: the second charge is ours, refund it.")])
    script.dialog("in_crm", 2053, 22, "Grace Kim")
    script.talk("in_crm", [("c", "I need a quote for 40 licences.")])
    script.accepted("in_crm")
    script.talk("in_crm", [("o", "Gladly. For which plan?")])
    script.dialog("deal_line", 2054, 23, "Oscar Lind")
    portal.settings.crm_installed = False  # so that the session starts without CRM
    script.talk("deal_line", [("c", "Do you deliver to Oslo?")])
    portal.settings.crm_installed = True
    script.accepted("deal_line")


def _finished(script: _Script) -> None:
    script.at(401)
    script.dialog("closed_history", 2051, 22, "Zoe Adams")
    for hours, question in ((400, "How do I reset my router?"), (250, "It is slow again."), (90, "All fine now!")):
        script.at(hours)
        script.talk("closed_history", [("c", question)])
        script.accepted("closed_history")
        script.talk("closed_history", [("o", "Noted, thank you.")])
        script.do(actions.operator_finishes, "operator", "closed_history")
    script.at(80)
    script.dialog("closing", 2049, 23, "Ella Novotna")
    script.talk("closing", [("c", "Thanks, everything works now.")])
    script.accepted("closing")
    script.do(actions.operator_finishes, "operator", "closing")
    script.dialog("closed", 2050, 24, "Ben Cohen", "whatsappbytwilio")
    script.talk("closed", [("c", "Where is your office?")])
    script.accepted("closed")
    script.talk("closed", [("o", "14 Palm Street, second floor.")])
    script.do(actions.operator_finishes, "operator", "closed")
    script.dialog("spam", 2052, 24, "Lucky Winner", "whatsappbytwilio")
    script.talk("spam", [("c", "You have won! Open https://prize.example now")])
    script.accepted("spam")
    script.do(actions.operator_marks_spam, "operator", "spam")


def _languages(script: _Script) -> None:
    script.at(20)
    first, *rest = conversations.RUSSIAN
    script.dialog("russian", 2055, 24, "Ольга Петрова", "whatsappbytwilio")
    script.talk("russian", [first])
    script.accepted("russian")
    script.talk("russian", rest)
    first, *rest = conversations.ENGLISH
    chat = script.dialog("english", 2056, 22, "Emily Carter", "livechat")
    chat.entity_id = chat.entity_id.replace("71002056", "2060")
    script.talk("english", [first])
    script.accepted("english", "second")
    script.talk("english", rest, "second")
    first, *rest = conversations.ARABIC
    script.dialog("rtl", 2057, 24, "ليلى حداد", "whatsappbytwilio")
    script.talk("rtl", [first])
    script.accepted("rtl")
    script.talk("rtl", [*rest, ("c", conversations.TRICKY)])


def _long(script: _Script) -> None:
    script.at(12)
    script.dialog("long", 2058, 24, "Peter Schmidt", "whatsappbytwilio")
    script.do(actions.client_writes, "long", "Our printer is broken.")
    script.accepted("long")
    script.talk("long", conversations.printer_talk(LONG_TALK))
    photo = {"name": "label.png", "size": 70_855, "image": [646, 615]}
    screen = {"name": "screen.jpg", "size": 241_003, "image": [1280, 960]}
    script.do(actions.client_writes, "long", "Here is the label.", files=[photo, screen])
    guide = {"name": "user guide.pdf", "size": 1_204_551}
    script.do(actions.operator_writes, "operator", "long", "The guide, see page 12.", files=[guide])
    script.do(actions.client_writes, "long", conversations.LONG_MESSAGE)


def _other_chats(portal: Portal) -> None:
    client = next(user.id for user in portal.state.users.values() if user.name == "Emily Carter")
    ordinary = Chat(2059, "Lunch", portal.now(), type="C", entity_type="")
    client_side = Chat(2060, "Emily Carter", portal.now(), type="C", entity_type="LIVECHAT", entity_id=f"22|{client}")
    for key, chat, members in (
        ("ordinary_chat", ordinary, [7, 8]),
        ("client_side_chat", client_side, [client]),
    ):
        portal.state.chats[chat.id] = chat
        portal.known[key] = chat.id
        portal.state.counters["chat"] = chat.id
        for user_id in members:
            portal.add_member(chat, user_id)
    portal.post(ordinary, texts.joined(8))
    portal.post(ordinary, "Pizza or soup today?", author=7)
