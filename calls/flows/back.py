"""Back after nobody here had answered Twilio: its fallback kept the caller, and leads here (docs/queues.md).

Everybody goes on where they were, as far as our rows know it; nobody is greeted twice.
"""

from calls.control.verbs.redirecting import url
from calls.floor.routing import way_on
from calls.models import Action, Call, Visit, Waiting

STEP = "back"


def way_back(call: Call, sid: str) -> str:
    """The address where this leg goes on; "" if nothing had begun yet."""
    entry = Waiting.objects.select_related("call", "queue").filter(call=call).first()
    if entry is not None:
        return into_the_queue(entry) if was_moved(call, sid) else way_on(entry, entry.visit)
    last = Visit.objects.filter(call=call, step__startswith="ring").order_by("pk").last()
    if last is None:
        return ""
    if call.answered_at is not None and not was_moved(call, sid):
        return url("voice", call, step="thanks", visit=last.visit)
    return url("voice", call, step=last.step, visit=last.visit + 1)


def into_the_queue(entry: Waiting) -> str:
    return url("voice", entry.call, step=f"queue.{entry.queue_id}", visit=entry.visit + 1)


def was_moved(call: Call, sid: str) -> bool:
    """By a wish whose document nobody gave them: that is no reason to say goodbye."""
    wishes = Action.objects.filter(call=call, seen={}, sent_at__isnull=False).exclude(state=Action.State.REFUSED)
    return any(sid in plan.get("moves", ()) for plan in wishes.values_list("plan", flat=True))
