"""The board: one row whose revision orders all changes, and the place of each call in that order."""

from collections.abc import Iterable
from secrets import token_urlsafe
from uuid import UUID

from django.db import connection, models
from django.db.models import F

from calls.models.rows import put, take


def new_epoch() -> str:
    return token_urlsafe(6)


class Board(models.Model):
    """One row. Its lock makes the order of commits that of revisions: who reads H can read every change up to H."""

    epoch = models.CharField(max_length=16, default=new_epoch)
    revision = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()


class Position(models.Model):
    """What changes with every report, on a narrow row: an index on the call's own row would cost each update dearly."""

    call = models.OneToOneField("calls.Call", models.CASCADE, primary_key=True, related_name="position")
    shape = models.IntegerField(default=1)
    revision = models.BigIntegerField(default=0, db_index=True)

    class Meta:
        default_permissions = ()


def publish(calls: Iterable[UUID], *, shape: Iterable[UUID] = ()) -> int | None:
    """Give the changed calls their revisions; the last thing a transaction does before it commits.

    `calls` are the ids of all that changed, `shape` those of them whose shape did (a leg joined, left or ended; team,
    room, hold or the open exclusive action changed). Returns the board's revision, None when nothing changed.
    """
    changed, reshaped = sorted(set(calls) | set(shape)), set(shape)
    if not changed:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE calls_board SET revision = revision + %s WHERE id = 1 RETURNING revision", [len(changed)]
        )
        (revision,) = cursor.fetchone()
    first = revision - len(changed) + 1
    held = {position.call_id: position.shape for position in take(Position, "call_id", changed)}
    put(
        [
            Position(
                call_id=call, revision=first + place, shape=held.get(call, 0) + (call in reshaped or call not in held)
            )
            for place, call in enumerate(changed)
        ]
    )
    return revision


def turn_epoch() -> str:
    """After a restore from backup: revisions may have been given twice, so every desk reads the picture anew."""
    epoch = new_epoch()
    Board.objects.filter(pk=1).update(epoch=epoch, revision=F("revision") + 1)
    return epoch
