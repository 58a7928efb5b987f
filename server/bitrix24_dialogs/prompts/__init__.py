"""The prompts: what a person picks from a menu to begin a piece of work. Texts in ``en/`` and ``ru/``."""

from collections.abc import Sequence

from bitrix24_dialogs.dialogs import identifiers
from bitrix24_dialogs.prompts.declaration import Prompt, taking

_CARD_AND_HISTORY = frozenset({"dialog_get", "session_history_get"})


def all_prompts() -> Sequence[Prompt]:
    """Every prompt, in the order in which they are listed."""
    return (
        Prompt("triage_inbox", frozenset({"dialogs_list"}), taking(line_id=identifiers.positive_number)),
        Prompt(
            "review_dialog",
            frozenset({"session_history_get", "session_head_vote"}),
            taking(chat_id=identifiers.chat_number, session_id=identifiers.positive_number),
            exactly_one=True,
        ),
        Prompt("hand_over_dialog", _CARD_AND_HISTORY, taking("chat_id", chat_id=identifiers.chat_number)),
        Prompt("prepare_lead", _CARD_AND_HISTORY, taking("chat_id", chat_id=identifiers.chat_number)),
    )
