"""The audit: every move is in it, and whoever touches it is found."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from calls.models import Audit, AuditHead, append_audit
from tests.control.conftest import breaks, hang_up
from tests.guards import figure

pytestmark = pytest.mark.lane_b


def verify(capsys):
    call_command("verify_audit")
    return capsys.readouterr().out


@pytest.fixture
def some_history(wish, ben, wes, alice, dana_call, rest, twilio):
    wish(wes, dana_call)
    rest.answers = [breaks]
    wish(ben, dana_call)
    wish(alice, dana_call)
    hang_up(twilio, dana_call)
    return list(Audit.objects.values_list("id", flat=True))


def test_every_wish_refusal_and_outcome_is_in_the_chain(some_history, capsys):
    assert list(Audit.objects.values_list("what", flat=True)) == [
        "action.refused",
        "action.requested",
        "action.sending",
        "action.unknown",
        "action.overtaken",
        "action.requested",
        "action.sending",
        "action.accepted",
        "action.confirmed",
    ]
    assert "9 rows, unbroken" in verify(capsys)
    assert AuditHead.objects.get().hash in verify(capsys)


def test_nobody_is_named_in_it_but_by_reference(some_history):
    written = str(list(Audit.objects.values("facts")))
    for personal in ("Ben", "Wes", "ben", "wes", "Dana", "0177", "Ana"):
        assert personal not in written


def test_an_empty_audit_is_whole(rows, capsys):
    assert "0 rows, unbroken" in verify(capsys)


DAMAGE = {
    "changed": "UPDATE calls_audit SET what = 'action.nothing' WHERE id = {middle}",
    "changed whom": "UPDATE calls_audit SET user_id = 999 WHERE id = {first}",
    "changed when": "UPDATE calls_audit SET at = '2001-01-01 00:00:00' WHERE id = {last}",
    "changed facts": "UPDATE calls_audit SET facts = '{{}}' WHERE id = {last}",
    "first gone": "DELETE FROM calls_audit WHERE id = {first}",
    "middle gone": "DELETE FROM calls_audit WHERE id = {middle}",
    "last gone": "DELETE FROM calls_audit WHERE id = {last}",
    "all gone": "DELETE FROM calls_audit",
    "first moved to the end": "UPDATE calls_audit SET id = 1000000 WHERE id = {first}",
    "head moved": "UPDATE calls_audithead SET hash = 'x'",
}


@pytest.mark.parametrize("sql", DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_found(some_history, sql):
    ids = some_history
    with connection.cursor() as cursor:
        cursor.execute(sql.format(first=ids[0], middle=ids[len(ids) // 2], last=ids[-1]))
    with pytest.raises(CommandError):
        call_command("verify_audit")


def test_a_row_that_was_added_by_hand_is_found_at_the_end_too(some_history):
    forged = Audit(at=timezone.now(), what="action.granted", previous=AuditHead.objects.get().hash)
    forged.hash = forged.seal()
    forged.save()
    with pytest.raises(CommandError, match=f"after row {forged.pk}|row {forged.pk}"):
        call_command("verify_audit")


EDITS = [("what", "x"), ("user_id", 77), ("facts", {"n": "1"}), ("previous", "0" * 64), ("hash", "0" * 64)]


def test_random_edits_are_found_every_one(rows, rng):
    """T45 in small: one field of one row, or one row, at random; what was damaged is put back afterwards."""
    for n in range(30):
        with transaction.atomic():
            append_audit([{"what": f"step.{n}", "user_id": n % 3, "facts": {"n": n}}], at=timezone.now())
    whole = list(Audit.objects.all())
    for _ in range(figure(50, least=20)):
        row = rng.choice(whole)
        field, value = rng.choice(EDITS)
        if rng.random() < 0.3:
            Audit.objects.filter(pk=row.pk).delete()
        else:
            Audit.objects.filter(pk=row.pk).update(**{field: value})
        with pytest.raises(CommandError):
            call_command("verify_audit")
        Audit.objects.filter(pk=row.pk).delete()
        row.save(force_insert=True)
    call_command("verify_audit")
