"""Why the portal refused a dialog method, and what to do about it (behaviour 8 and 10)."""

from collections.abc import Mapping


class DialogRefused(Exception):
    """A dialog tool does not act, or the portal did not let it: why, and what would help.

    Nothing was changed. ``str()`` is one line for people and models.
    """

    def __init__(self, why: str, advice: str, code: str = "") -> None:
        """``why`` in our words, ``advice`` for the next step, and the portal's own ``code`` where it gave one."""
        super().__init__(why, advice, code)
        self.why = why
        self.advice = advice
        self.code = code

    def __str__(self) -> str:
        """Why, the portal's code, the next step."""
        code = f" (portal code {self.code})" if self.code else ""
        return f"{self.why}{code}. {self.advice}"


_CHECK_CHAT = "Use the dialog's own chat number: {dialog_get} finds it by user_code or session_id"
_ASK_ACCESS = "If the identifier is right, ask an administrator for the right to join this line"

# Codes of the methods. Their texts are in the portal's language, so only codes are matched (behaviour 1).
_BY_CODE: Mapping[str, tuple[str, str]] = {
    "CHAT_ID": ("There is no chat with this number", _CHECK_CHAT),
    "CHAT_TYPE": ("This chat is not an Open Channels dialog", _CHECK_CHAT),
    "CHAT_ID_EMPTY": ("The portal did not take the chat number", _CHECK_CHAT),
    "ACCESS_DENIED": (
        "Not found, or the webhook's owner has no rights to it; Bitrix24 does not tell the two apart",
        _ASK_ACCESS,
    ),
    "ACCESS_ERROR": (
        "Dialog not found, or the webhook's owner has no rights to it; Bitrix24 does not tell the two apart",
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
        "Take it over with {session_intercept} first",
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
    "IMOL_CHAT_ERROR_NOT_LOAD_CHAT": ("The portal could not read the chat", "Try once more, then report it"),
    "IM_NOT_INSTALLED": ("The messenger is switched off on this portal", "Ask the portal's administrator"),
    "IM_LOAD_ERROR": ("The messenger is not available on this portal", "Ask the portal's administrator"),
}

# Some refusals carry neither code nor text; what they mean depends on the method (behaviour 8.1, 8.8).
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


def explain(method: str, code: str, what: str) -> tuple[str, str] | None:
    """Why ``method`` was refused with ``code``, and the next step; None where the gateway's own words are better.

    ``what`` is the gateway's wording. Tool names in the next step stand in braces.
    """
    if not code and method in _BLANK:
        return _BLANK[method]
    if code == "ERROR IMOPENLINES CREATING CRM ENTITY":  # quirk: a code with blanks (behaviour 8.13)
        return f"CRM refused to create the item. {what}", "Usually a required CRM field is empty; fill it in Bitrix24"
    return _BY_CODE.get(code.upper())
