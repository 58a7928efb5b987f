"""Why the portal refused a dialog method, and what to do about it (behaviour 8 and 10)."""

from collections.abc import Mapping


class DialogRefused(Exception):
    """A dialog tool does not act, or the portal did not let it: why, and what would help.

    ``said`` is what the portal itself said: not our words, so whoever shows it cleans and quotes it.
    """

    def __init__(self, why: str, advice: str, code: str = "", said: str = "") -> None:
        """``why`` in our words, ``advice`` for the next step, and the portal's own ``code`` where it gave one."""
        super().__init__(why, advice, code)
        self.why = why
        self.advice = advice
        self.code = code
        self.said = said

    def __str__(self) -> str:
        """Why, the portal's code, the next step."""
        code = f" (portal code {self.code})" if self.code else ""
        return f"{self.why}{code}. {self.advice}"


# These checks come before a method does anything (behaviour 6.2); after any other refusal of pin and lead.create a
# closed dialog may have got a new session (behaviour 8.8, 8.13).
_BEFORE_ANYTHING = frozenset(
    {"CHAT_ID", "CHAT_ID_EMPTY", "CHAT_TYPE", "ACCESS_DENIED", "OPERATOR_WRONG", "USER_ID", "IM_LOAD_ERROR"}
    | {"EMPTY_SESSION_ID", "EMPTY_VOTE_PARAMS", "ERROR_METHOD_NOT_FOUND", "NOT_LOAD_SESSION_OR_CHAT"}
    # Of im.message.add and crm.item.update.
    | {"MESSAGE_EMPTY", "USER_ID_EMPTY", "USER_NOT_FOUND", "ACCESS_ERROR", "CANCELED"}
    | {"NOT_FOUND", "CRM_FIELD_ERROR_VALUE_NOT_VALID", "ALLOWED_ONLY_INTRANET_USER", "UPDATE_DYNAMIC_ITEM_RESTRICTED"}
)


def refused_before_anything(code: str) -> bool:
    """Whether a write refused with ``code`` has certainly done nothing."""
    return code.upper() in _BEFORE_ANYTHING


def is_without_access(refused: DialogRefused) -> bool:
    """Whether a card was refused because the caller may not see the dialog (behaviour 6.4), or there is none."""
    return refused.code.upper() == "ACCESS_ERROR"


_EITHER = "; Bitrix24 does not tell the two apart"
_CHECK_CHAT = "Use the dialog's own chat number: {dialog_get} finds it by user_code or session_id"
_ASK_ACCESS = "If the identifier is right, ask an administrator for the right to join this line"

# Codes of the methods. Their texts are in the portal's language, so only codes are matched (behaviour 1).
_BY_CODE: Mapping[str, tuple[str, str]] = {
    "CHAT_ID": ("There is no chat with this number", _CHECK_CHAT),
    "CHAT_TYPE": ("This chat is not an Open Channels dialog", _CHECK_CHAT),
    "CHAT_ID_EMPTY": ("The portal did not take the chat number", _CHECK_CHAT),
    "ACCESS_DENIED": (
        f"Not found, or the webhook's owner has no rights to it{_EITHER}",
        _ASK_ACCESS,
    ),
    "ACCESS_ERROR": (
        f"Dialog not found, or the webhook's owner has no rights to it{_EITHER}",
        _ASK_ACCESS,
    ),
    "OPERATOR_WRONG": (
        "The dialog was not found, is no Open Channels dialog, or the webhook's owner has no rights to it",
        "Check the chat number with {dialog_get}. " + _ASK_ACCESS,
    ),
    "USER_ID": ("The portal sees no employee behind this webhook", "Create the webhook as an active employee"),
    "MISSING_REQUIRED_PARAM": ("The portal did not receive the identifier", "Try again; report it if it stays so"),
    "INVALID_SESSION_ID": ("No such session, or the chat never had one", "Check the number with {dialog_get}"),
    "ERROR_CHAT_NOT_EXISTS": ("The session's chat was deleted", "There is nothing left to read or to change"),
    "EMPTY_SESSION_ID": ("The portal did not take the session number", "Check the number with {dialog_get}"),
    "EMPTY_VOTE_PARAMS": ("The portal saw neither a rating nor a comment", "Give a rating from 1 to 5 or a comment"),
    "ERROR_USER_NOT_OPERATOR": (
        "Only the dialog's operator can save it to CRM, and the webhook's owner is not",
        "{dialog_get} shows who has it; {session_intercept} takes over what another operator has accepted",
    ),
    "IMOL_CHAT_ERROR_NOT_LOAD_CRM": ("CRM is not available on this portal", "Ask the portal's administrator"),
    "IMOL_CHAT_ERROR_ANSWER_NOT_LOAD_SESSION": (
        "The dialog's session could not be opened; its line may have been deleted",
        "Look at the dialog with {dialog_get}",
    ),
    "IMOL_CHAT_ERROR_NOT_LOAD_DATA": (
        "The portal's data of this dialog contradict each other",
        "Report it to the administrator",
    ),
    "NOT_LOAD_SESSION_OR_CHAT": (
        "The dialog has no open session any more, or its line was deleted",
        "Look at the dialog with {dialog_get}",
    ),
    "ACCESS_DENIED_KICK": (
        "The portal could not take you out of the dialog, as when it has been closed",
        "Look at the dialog with {dialog_get}",
    ),
    "IMOL_CHAT_ERROR_NOT_LOAD_CHAT": ("The portal could not read the chat", "Try once more, then report it"),
    # quirk: a code with blanks (behaviour 8.13)
    "ERROR IMOPENLINES CREATING CRM ENTITY": (
        "CRM refused to create the item",
        "Usually a required CRM field is empty; fill it in Bitrix24",
    ),
    "FIND_SHORT": ("The portal wants more to look for", "Give at least two characters of the name"),
    "IM_NOT_INSTALLED": ("The messenger is switched off on this portal", "Ask the portal's administrator"),
    "IM_LOAD_ERROR": ("The messenger is not available on this portal", "Ask the portal's administrator"),
}

# Some refusals carry neither code nor text; what they mean depends on the method (behaviour 8.1, 8.8). Where it depends
# on the dialog's state as well, that is read: see dialogs/blank_refusals.py.
_BLANK: Mapping[str, tuple[str, str]] = {
    "imopenlines.session.open": (
        "The webhook belongs to an extranet user, who may not look dialogs up",
        "Use the webhook of an employee",
    ),
    "imopenlines.session.mode.pin": (
        "Only the operator of an open session can change its pin, and the webhook's owner is not",
        "Look at the dialog with {dialog_get}",
    ),
}


# A method that is not there, by its first word; the gateway's own words are about Open Channels.
_MISSING_MODULE: Mapping[str, tuple[str, str]] = {
    "crm": ("CRM is switched off on this portal, or the portal is too old for this", "Ask the portal's administrator"),
    "im": (
        "The messenger is switched off on this portal, or the portal is too old for this",
        "Ask the portal's administrator",
    ),
}


# What a missing right is called depends on the method (behaviour 6.5, 6.6).
_BY_METHOD: Mapping[tuple[str, str], tuple[str, str]] = {
    ("imopenlines.session.history.get", "ACCESS_DENIED"): (
        f"The session was not found, or the webhook's owner may not read its history{_EITHER}",
        "If the number is right, ask an administrator for the right to view conversation history",
    ),
    ("imopenlines.session.head.vote", "ACCESS_DENIED"): (
        f"The session was not found, or the webhook's owner may not rate it{_EITHER}",
        "If the number is right, ask an administrator for the right to rate conversations",
    ),
    ("imopenlines.operator.finish", "ERROR_USER_NOT_OPERATOR"): (
        "Only the dialog's operator can finish it, and the webhook's owner is not",
        "{dialog_finish_other} finishes a dialog of another, or one that nobody has accepted",
    ),
    ("imopenlines.operator.transfer", "OPERATOR_WRONG"): (
        "The portal refused the transfer: no rights to the dialog, a target that cannot take it, or a busy queue",
        "Check the dialog with {dialog_get}, the colleague with {colleague_find}, the line with {line_get}",
    ),
    ("im.dialog.messages.get", "ACCESS_ERROR"): (
        "The webhook's owner takes no part in this dialog, so they cannot read its messages",
        "{session_history_get} reads them",
    ),
    ("im.v2.File.download", "FILE_NOT_FOUND"): (
        "The dialog has no such file any more: it was deleted, or it is another dialog's",
        "{session_history_get} names the files that there are",
    ),
    ("im.v2.File.download", "ACCESS_DENIED"): (
        "The webhook's owner may not get the files of this dialog",
        "Open it in Bitrix24, or ask an administrator for the right to join this line",
    ),
    ("im.message.add", "ACCESS_ERROR"): (
        "The portal did not let you write: you take no part in the dialog any more, as when it is taken over or closed",
        "{dialog_get} shows who has it",
    ),
    ("im.message.add", "CANCELED"): (
        "The portal cancelled the message: the client's channel is not connected, or the dialog's line is switched off",
        "Ask an administrator to look at the line in Bitrix24",
    ),
    ("im.message.add", "PARAMS_ERROR"): (
        "The portal did not add the message, or is still adding it",
        "Wait a minute and look at the dialog before anything is sent again",
    ),
    ("crm.item.get", "NOT_FOUND"): (
        "CRM has no such item any more: it was deleted",
        "{dialog_get} shows what the dialog is saved as now",
    ),
    ("crm.item.get", "ACCESS_DENIED"): (
        "The webhook's owner may not read this item in CRM",
        "Ask an administrator for the right to read it",
    ),
    ("crm.item.update", "NOT_FOUND"): ("CRM has no such item any more: it was deleted", "There is nothing to change"),
    ("crm.item.update", "ACCESS_DENIED"): (
        "The webhook's owner may read this item in CRM, but not change it",
        "Ask its responsible person or an administrator to change it",
    ),
    ("crm.item.update", "UPDATE_DYNAMIC_ITEM_RESTRICTED"): (
        "The portal's plan does not allow this CRM item to be changed",
        "Ask the portal's administrator; the lead can still be filled in by hand in Bitrix24",
    ),
    ("crm.item.update", "CRM_FIELD_ERROR_VALUE_NOT_VALID"): (
        "CRM did not take one of the values",
        "Correct what its own words name, and call again",
    ),
    ("imopenlines.session.open", "ACCESS_DENIED"): (
        f"No dialog with this user_code was found, or the webhook's owner has no rights to it{_EITHER}",
        "Check the code character by character. " + _ASK_ACCESS,
    ),
}


def explain(method: str, code: str) -> tuple[str, str] | None:
    """Why ``method`` was refused with ``code``, and the next step; None where the gateway's own words are better.

    Tool names in the next step stand in braces.
    """
    if not code and method in _BLANK:
        return _BLANK[method]
    if code.upper() == "ERROR_METHOD_NOT_FOUND":
        return _MISSING_MODULE.get(method.partition(".")[0])
    return _BY_METHOD.get((method, code.upper())) or _BY_CODE.get(code.upper())
