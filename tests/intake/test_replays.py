"""Who has our logs can send every request again, with a valid signature. It must do nothing."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
import time_machine
from django.apps import apps
from django.utils import timezone

from calls.models import Board, Call, Report, Visit
from calls.twilio import gateway
from tests.guards import figure
from tests.intake.conversations import Conversation, make_floor
from tests.intake.scripts import SCRIPTS
from tests.intake.teller import BEGAN, Cast


def all_rows() -> dict[str, list[dict[str, object]]]:
    """Every row that we have, but for how often a report was delivered."""
    found = {}
    for model in apps.get_app_config("calls").get_models():
        columns = [field.attname for field in model._meta.concrete_fields if field.name != "deliveries"]
        found[model.__name__] = list(model.objects.order_by("pk").values(*columns))
    return found


def test_what_was_said_is_known_again_however_much_was_said_since(twilio, dana_call):
    """What was said is in a table and not in a cache: a flood of other statements does not push it out."""
    caller = dana_call.legs.get(role="caller").pk
    said = {"SequenceNumber": "4", "CallbackSource": "call-progress-events", "Timestamp": format_datetime(BEGAN)}
    assert twilio.status(caller, "in-progress", **said).status_code == 204
    revision, known = Board.objects.get().revision, Report.objects.latest("pk")
    other = {"door": "status", "source": "callback", "received_at": BEGAN, "body": {}}
    Report.objects.bulk_create([Report(digest=f"{number:064x}", **other) for number in range(1_001)])
    assert twilio.status(caller, "in-progress", **said).status_code == 204
    known.refresh_from_db()
    assert (known.deliveries, Board.objects.get().revision) == (2, revision)


@pytest.mark.load
@pytest.mark.timeout(600)
def test_a_replay_changes_nothing_shows_nothing_and_asks_nothing_of_twilio(twilio, billing, rng, monkeypatch):
    """500 accepted requests, each again at once, after the end of its call, and a month later."""
    asked = []
    monkeypatch.setattr(gateway, "_ask", lambda *args: asked.append(args))
    tokens = iter(range(1_000_000))
    accepted, replays = [], 0
    wanted = figure(500)
    make_floor(billing, wanted)

    def send(path, form):
        token = {"headers": {"I-Twilio-Idempotency-Token": f"token-{next(tokens)}"}} if rng.random() < 0.5 else {}
        return twilio.post(path, form, **token)

    def send_and_again(path, form):
        """As it happens; and again at once."""
        nonlocal replays
        answer = send(path, form)
        assert answer.status_code in (200, 204)
        before, revision = all_rows() if rng.random() < 0.1 else None, Board.objects.get().revision
        again = send(path, form)
        replays += 1
        assert (again.status_code, again.content) == (answer.status_code, answer.content)
        assert Board.objects.get().revision == revision
        assert before is None or all_rows() == before
        accepted.append((path, form, answer.content))
        return answer.content

    with time_machine.travel(BEGAN, tick=True) as clock:
        number = 0
        while len(accepted) < wanted:
            clock.move_to(BEGAN + timedelta(minutes=number))
            if number % 2:
                conversation = Conversation(number, timezone.now().replace(microsecond=0))
                conversation.whole(send_and_again)
                for statement in rng.sample(conversation.told, len(conversation.told)):
                    send_and_again(*statement)
            else:
                script, cast = SCRIPTS[number // 2 % len(SCRIPTS)], Cast(number, began=timezone.now())
                told = script.told(cast)
                for said in rng.sample(told, len(told)):
                    send_and_again(said.url, said.params)
            number += 1

        for late in (timedelta(hours=1), timedelta(days=30)):
            clock.move_to(timezone.now() + late)
            before = all_rows()
            for path, form, content in rng.sample(accepted, len(accepted)):
                answer = send(path, form)
                replays += 1
                assert answer.content == content, f"{path} answers otherwise {late} later"
            assert all_rows() == before

    assert asked == []
    assert sum(Report.objects.values_list("deliveries", flat=True)) == len(accepted) + replays
    assert Report.objects.count() == len({(path, tuple(form.items())) for path, form, _ in accepted})
    assert Visit.objects.count() == Call.objects.filter(visits__isnull=False).count() > 0
    print(f"{len(accepted)} accepted requests, {replays} replays")
