"""Links to files: each good for one download, and not for long."""

import secrets
from dataclasses import dataclass, field

LINK_SECONDS = 600
TOKEN_BYTES = 24


@dataclass(frozen=True)
class Link:
    """What a token stands for: a file, who asked for it, and until when."""

    file_id: int
    user_id: int
    until: float


@dataclass
class Links:
    """Tokens that were given out and not used yet."""

    given: dict[str, Link] = field(default_factory=dict)

    def give(self, file_id: int, user_id: int, now: float) -> str:
        """Make a token for a file; whoever has it needs nothing else."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self.given[token] = Link(file_id, user_id, now + LINK_SECONDS)
        return token

    def take(self, token: str, now: float) -> Link | None:
        """Use a token up; None if it is unknown, was used before, or is too old."""
        link = self.given.pop(token, None)
        return link if link and now < link.until else None

    def clear(self) -> None:
        """Forget every token."""
        self.given.clear()
