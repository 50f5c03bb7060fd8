"""Filters by time: StartTime, StartTime< and StartTime>, with a day or a moment as the value."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from ..errors import Refused
from .form import Form


def fits(form: Form, name: str, moment: datetime | None) -> bool:
    """The name alone means that day, even with a time; `<` and `>`, parts of the name, mean until and from then on."""
    on, before, after = form.get(name), form.get(f"{name}<"), form.get(f"{name}>")
    if not (on or before or after):
        return True
    if moment is None:
        return False
    moment = (moment + timedelta(seconds=form.skew)).replace(microsecond=0)
    if on and moment.astimezone(UTC).date() != _span(name, on)[0].astimezone(UTC).date():
        return False
    return not (before and moment > _span(name, before)[1]) and not (after and moment < _span(name, after)[0])


def _span(name: str, text: str) -> tuple[datetime, datetime]:
    """The first and last second that a value covers: a whole day for a date alone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            raise Refused(20001, f"{name} is not a date: {text}") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment, moment + timedelta(days=1, seconds=-1) if len(text) == 10 else moment
