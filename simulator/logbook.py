"""The file of --log: a line of JSON for every request to the application, written when its answer is there."""

import json
from pathlib import Path
from typing import TextIO

from .from_json import WrongSetting
from .post import Webhook


class Logbook:
    def __init__(self, name: str):
        """Raises WrongSetting if it cannot be written."""
        try:
            self._file: TextIO = Path(name).open("w", encoding="utf-8", buffering=1)
        except OSError as error:
            raise WrongSetting(f"Cannot write {name}: {error.strerror}.") from None

    def write(self, webhook: Webhook) -> None:
        if not self._file.closed:
            self._file.write(json.dumps(webhook.as_json()) + "\n")

    def close(self) -> None:
        self._file.close()
