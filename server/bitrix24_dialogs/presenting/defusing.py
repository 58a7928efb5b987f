"""Markup of others than the portal: what an assistant's client might carry out when it shows a text.

A client that renders Markdown or HTML fetches an image at once, and so hands over whatever an address was made to
carry; a link there shows its label only. And markup such as a closing tag may pretend that a stranger's words end.
"""

import re

# A name that goes on like an address is one: <https://…> and <anna@…> stay as they are.
_TAG = r"<(?=[!?]|/[a-z]|[a-z][a-z0-9-]*+(?![@.:+_]))"
# [label](address), ![image](address), and [name]: address further down, which gives a [name] its address.
_TARGET = r"\](?=[(:]\s*+<?(?:[a-z][a-z0-9+.-]{0,20}:|[/\\]{2}|www\.))"
_MARKUP = re.compile(f"{_TAG}|{_TARGET}", re.IGNORECASE | re.ASCII)


def defuse(text: str) -> str:
    """Show HTML tags and Markdown's links and images as what they are: their source.

    A blank after the sign that opens them keeps them from being carried out; nothing is lost.

    Args:
        text: Cleaned text.

    Returns:
        The text; defusing it again changes nothing.
    """
    return _MARKUP.sub(r"\g<0> ", text)
