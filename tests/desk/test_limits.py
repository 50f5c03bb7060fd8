"""How long is too long for a call: what the list is told of it."""

from calls.models import Queue, Threshold


def told_to(client, who):
    client.force_login(who)
    return client.get("/desk/limits/").json()


def test_ben_is_told_of_his_queue_its_target_and_what_there_is_out_of_the_box(client, ben, billing):
    Queue.objects.create(name="Refunds", team=billing, target_seconds=30)
    usual = {"hold": [60, 120], "talk": [180, 300], "unverified": [29.7, 90]}
    assert told_to(client, ben) == {
        "queues": {"Refunds": usual | {"wait": [21, 30]}},
        "teams": {str(billing.pk): usual},
    }


def test_what_the_admin_changes_counts_at_once_and_what_is_switched_off_is_not_there(client, ben, billing):
    queue = Queue.objects.create(name="Refunds", team=billing)
    Threshold.objects.create(kind="talk", team=billing, queue=queue, limit=600, amber_share=50)
    Threshold.objects.create(kind="hold", team=billing, on=False)
    told = told_to(client, ben)["queues"]["Refunds"]
    assert told["talk"] == [300, 600]
    assert "hold" not in told


def test_sue_hears_nothing_of_billing(client, sue, billing, sales):
    Queue.objects.create(name="Refunds", team=billing)
    told = told_to(client, sue)
    assert told["queues"] == {} and list(told["teams"]) == [str(sales.pk)]
