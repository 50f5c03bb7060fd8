"""Lane C's browser: a Chromium of the system's. Playwright's own is a download that not every network allows."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ENABLE = "apt-get install -y chromium fonts-liberation"
# As root no sandbox; the rest keeps it from asking the internet for things.
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def path() -> str | None:
    """Where it is: $CHROMIUM, else the first of the usual names on the PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
