"""The board: one row whose revision orders all changes, and the place of each call in that order."""

from collections.abc import Iterable
from secrets import token_urlsafe
from uuid import UUID

from django.db import connection, models
from django.db.models import F

from calls.models.rows import told_of


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
    # How many places behind the board's new revision; each call has one of its own.
    places = [(call, int(call in reshaped), place + 1 - len(changed)) for place, call in enumerate(changed)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            told = told_of([{"call_id": call, "shape": shape, "place": place} for call, shape, place in places])
            cursor.execute(IN_ONE_TRIP, [len(changed), told])
            revision: int = cursor.fetchone()[0]
        else:
            cursor.execute(MOVE, [len(changed)])
            (revision,) = cursor.fetchone()
            cursor.executemany(PLACE, [(call.hex, shape, revision + place) for call, shape, place in places])
    return revision


# The board's row is locked first.
MOVE = "UPDATE calls_board SET revision = revision + %s WHERE id = 1 RETURNING revision"
INTO = "INSERT INTO calls_position (call_id, shape, revision)"
UPON = """ON CONFLICT (call_id) DO UPDATE
    SET shape = calls_position.shape + excluded.shape, revision = excluded.revision"""
PLACE = f"{INTO} VALUES (%s, %s, %s) {UPON}"
IN_ONE_TRIP = f"""WITH board AS ({MOVE}) {INTO}
    SELECT call_id, shape, board.revision + place
    FROM board, json_to_recordset(%s) AS told(call_id uuid, shape integer, place bigint)
    {UPON} RETURNING (SELECT revision FROM board)"""  # noqa: S608


def turn_epoch() -> str:
    """After a restore from backup: revisions may have been given twice, so every desk reads the picture anew."""
    epoch = new_epoch()
    Board.objects.filter(pk=1).update(epoch=epoch, revision=F("revision") + 1)
    return epoch
