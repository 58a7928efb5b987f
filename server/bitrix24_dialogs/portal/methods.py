"""The REST methods the portal knows, and how one of them is called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bitrix24_dialogs.portal import (
    methods_activities,
    methods_answering,
    methods_chats,
    methods_crm_cards,
    methods_dialogs,
    methods_files,
    methods_lines,
    methods_marks,
    methods_messages,
    methods_operators,
    methods_reading,
    methods_users,
)
from bitrix24_dialogs.portal.entities import User, Webhook
from bitrix24_dialogs.portal.errors import RestError
from bitrix24_dialogs.portal.portal import Portal

Params = Mapping[str, Any]
# A wider scope covers what the narrower one allows (adjacent methods: user.search).
_WIDER = {"user_brief": {"user_basic", "user"}}
KNOWN_SCOPES = ("imopenlines", "im", "crm", "user_brief", "user_basic", "user", "imbot", "task")
LINES = "imopenlines"


@dataclass(frozen=True)
class Caller:
    """Who calls: the webhook, the user it acts as, and the address by which they reached the portal."""

    webhook: Webhook
    user: User
    base: str = ""


@dataclass(frozen=True)
class Method:
    """A REST method: the scope it needs ("" for none) and what it does."""

    scope: str
    run: Callable[[Portal, Caller, Params], Any]


def acting_caller(portal: Portal, webhook: Webhook) -> Caller:
    """Return who a webhook acts as.

    A dismissed owner's webhook goes on as the portal's system user, or, with the other setting, as nobody
    (protocol notes 2.1 and 2.4).
    """
    owner = portal.state.users[webhook.id]
    if owner.active:
        return Caller(webhook, owner)
    users = portal.state.users.values()
    system = next((user for user in users if user.kind == "system"), None)
    if system is None or portal.settings.dismissed_owner == "nobody":
        return Caller(webhook, User(id=0, first_name="", kind="system"))
    return Caller(webhook, system)


def find_method(name: str) -> Method:
    """Return a method by its name in any case.

    Raises:
        RestError: ERROR_METHOD_NOT_FOUND, status 404.
    """
    method = METHODS.get(name.lower())
    if method is None:
        raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
    return method


def check_scope(method: Method, caller: Caller) -> None:
    """Refuse a method whose scope the webhook was not granted.

    Raises:
        RestError: insufficient_scope, status 403.
    """
    if not _granted(method, caller):
        text = "The request requires higher privileges than provided by the webhook token"
        raise RestError("insufficient_scope", text, 403)


def _granted(method: Method, caller: Caller) -> bool:
    wanted = {method.scope} | _WIDER.get(method.scope, set())
    return not method.scope or not wanted.isdisjoint(caller.webhook.scopes)


def _profile(_portal: Portal, caller: Caller, _params: Params) -> Any:
    user = caller.user
    if user.id <= 0:
        return []  # quirk: an empty PHP map
    return {
        "ID": str(user.id),
        "ADMIN": user.admin,
        "NAME": user.first_name,
        "LAST_NAME": user.last_name,
        "PERSONAL_GENDER": user.gender,
        "TIME_ZONE": "",
    }


def _scope(_portal: Portal, caller: Caller, params: Params) -> Any:
    return list(KNOWN_SCOPES if params.get("full") else caller.webhook.scopes)


def _method_get(_portal: Portal, caller: Caller, params: Params) -> Any:
    name = params.get("name")
    method = METHODS.get(name) if isinstance(name, str) else None
    return {"isExisting": method is not None, "isAvailable": method is not None and _granted(method, caller)}


def _server_time(portal: Portal, _caller: Caller, _params: Params) -> Any:
    return portal.now().isoformat(timespec="seconds")


def _revision(_portal: Portal, _caller: Caller, _params: Params) -> Any:
    return {"rest": 2, "web": 1, "mobile": 1}


def _as_user(run: Callable[[Portal, User, Params], Any]) -> Callable[[Portal, Caller, Params], Any]:
    return lambda portal, caller, params: run(portal, caller.user, params)


def _file_download(portal: Portal, caller: Caller, params: Params) -> Any:
    return methods_files.file_download(portal, caller.user, params, caller.base or portal.settings.address)


def _with_webhook(run: Callable[[Portal, Webhook, Params], Any]) -> Callable[[Portal, Caller, Params], Any]:
    return lambda portal, caller, params: run(portal, caller.webhook, params)


METHODS: Mapping[str, Method] = {
    "profile": Method("", _profile),
    "scope": Method("", _scope),
    "method.get": Method("", _method_get),
    "server.time": Method("", _server_time),
    "imopenlines.revision.get": Method(LINES, _revision),
    "imopenlines.session.open": Method(LINES, _as_user(methods_reading.session_open)),
    "imopenlines.dialog.get": Method(LINES, _as_user(methods_reading.dialog_get)),
    "imopenlines.session.history.get": Method(LINES, _as_user(methods_reading.history_get)),
    "imopenlines.session.start": Method(LINES, _as_user(methods_dialogs.session_start)),
    "imopenlines.message.session.start": Method(LINES, _as_user(methods_dialogs.message_session_start)),
    "imopenlines.session.join": Method(LINES, _as_user(methods_dialogs.session_join)),
    "imopenlines.session.intercept": Method(LINES, _as_user(methods_dialogs.session_intercept)),
    "imopenlines.session.mode.pin": Method(LINES, _as_user(methods_marks.mode_pin)),
    "imopenlines.session.mode.pinall": Method(LINES, _as_user(methods_marks.mode_pin_all)),
    "imopenlines.session.mode.unpinall": Method(LINES, _as_user(methods_marks.mode_unpin_all)),
    "imopenlines.session.mode.silent": Method(LINES, _as_user(methods_marks.mode_silent)),
    "imopenlines.session.head.vote": Method(LINES, _as_user(methods_marks.head_vote)),
    "imopenlines.crm.lead.create": Method(LINES, _as_user(methods_dialogs.crm_lead_create)),
    "imopenlines.crm.chat.get": Method(LINES, _as_user(methods_activities.crm_chat_get)),
    "imopenlines.operator.answer": Method(LINES, _as_user(methods_answering.operator_answer)),
    "im.recent.get": Method("im", _as_user(methods_chats.recent_get)),
    "im.counters.get": Method("im", _as_user(methods_chats.counters_get)),
    "im.search.chat.list": Method("im", _as_user(methods_chats.search_chat_list)),
    "im.chat.get": Method("im", _as_user(methods_chats.chat_get)),
    "crm.activity.list": Method("crm", _as_user(methods_activities.activity_list)),
    "imopenlines.operator.skip": Method(LINES, _as_user(methods_operators.operator_skip)),
    "imopenlines.operator.transfer": Method(LINES, _as_user(methods_operators.operator_transfer)),
    "imopenlines.operator.finish": Method(LINES, _as_user(methods_operators.operator_finish)),
    "imopenlines.operator.another.finish": Method(LINES, _as_user(methods_operators.operator_another_finish)),
    "imopenlines.operator.spam": Method(LINES, _as_user(methods_operators.operator_spam)),
    "imopenlines.config.list.get": Method(LINES, _as_user(methods_lines.config_list_get)),
    "imopenlines.config.get": Method(LINES, _as_user(methods_lines.config_get)),
    "im.v2.file.download": Method("im", _file_download),
    "im.message.add": Method("im", _as_user(methods_messages.message_add)),
    "im.dialog.messages.get": Method("im", _as_user(methods_messages.dialog_messages_get)),
    "crm.item.get": Method("crm", _as_user(methods_crm_cards.item_get)),
    "crm.item.update": Method("crm", _as_user(methods_crm_cards.item_update)),
    "user.search": Method("user_brief", _with_webhook(methods_users.user_search)),
    "user.get": Method("user_brief", _with_webhook(methods_users.user_get)),
}
