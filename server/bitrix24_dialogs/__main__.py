"""``python -m bitrix24_dialogs``: the same as the command ``bitrix24-dialogs-mcp``."""

import sys

from bitrix24_dialogs.cli import main

if __name__ == "__main__":
    sys.exit(main())
