"""Twilio's clock when it is wrong: what it writes, read off a clock that is so many seconds fast."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from .clock import iso, rfc2822

# Parameters of callbacks, and fields of REST answers, that are moments.
PARAMS = frozenset({"Timestamp", "RecordingStartTime"})
FIELDS = frozenset({"date_created", "date_updated", "date_enqueued", "message_date", "start_time", "end_time"})


def skewed_params(params: list[tuple[str, str]], seconds: float) -> list[tuple[str, str]]:
    if not seconds:
        return params
    return [(name, _skewed(value, seconds) if name in PARAMS else value) for name, value in params]


def skewed_json(content: Any, seconds: float) -> Any:
    """A copy in which every moment is that of the wrong clock."""
    if isinstance(content, list):
        return [skewed_json(one, seconds) for one in content]
    if isinstance(content, dict):
        return {
            name: _skewed(value, seconds) if name in FIELDS and value else skewed_json(value, seconds)
            for name, value in content.items()
        }
    return content


def _skewed(text: str, seconds: float) -> str:
    """Twilio has two spellings: most are RFC 2822, transcriptions and streams are ISO 8601."""
    by = timedelta(seconds=seconds)
    if "," in text:
        return rfc2822(parsedate_to_datetime(text) + by) or ""
    return iso(datetime.fromisoformat(text) + by) or ""
