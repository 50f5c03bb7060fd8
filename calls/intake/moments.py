"""Times as the registers have them: milliseconds since 1970. Pure."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def moment(ms: int | None) -> datetime | None:
    return None if ms is None else EPOCH + ms * _MS


def milliseconds(at: datetime) -> int:
    return (at - EPOCH) // _MS
