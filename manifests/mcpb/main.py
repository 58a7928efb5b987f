"""Starts the server inside its bundle, where this file stands beside the package."""

import sys

from bitrix24_dialogs.cli import main

if __name__ == "__main__":
    sys.exit(main())
