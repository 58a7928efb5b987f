"""Lists are short here and come in one page, so nobody has a cursor from us."""

import mcp_types as types
from mcp.shared.exceptions import MCPError


def require_first_page(params: types.PaginatedRequestParams | None) -> None:
    """Let a request for a list pass that asks for its beginning.

    Raises:
        MCPError: it asks for a page that there is not.
    """
    if params is not None and params.cursor:
        raise MCPError(
            types.INVALID_PARAMS, "There is no such page: this list comes whole. Ask for it without a cursor."
        )
