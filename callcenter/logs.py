"""Log lines: one record, one line of JSON, whatever a caller put into a name."""

import json
import logging
import re

NUMBER = re.compile(r"(?<!\w)\+?\d{8,15}(?!\w)")


class OneLine(logging.Formatter):
    """JSON on one line; what looks like a telephone number keeps its last two digits only."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname.lower(),
            "from": record.name,
            "says": mask(record.getMessage()),
        }
        if record.exc_info:
            line["trace"] = mask(self.formatException(record.exc_info))
        return json.dumps(line)


def mask(text: str) -> str:
    return NUMBER.sub(lambda found: "··" + found.group()[-2:], text)
