import pytest

from calls.intake.reconcile.sweep import Reconciler
from calls.models import Agent, Line
from tests.intake.account import Account, Door, Hand, reconciler
from tests.intake.rows import Desk
from tests.intake.teller import ANA, LINE


@pytest.fixture
def floor(billing):
    """The line and the agents that the scripts speak of."""
    Line.objects.create(address=LINE, name="Billing hotline", team=billing)
    for name, contact in (("Ana Pereira", ANA), ("Bo Lind", "client:bo"), ("Cleo Marsh", "client:cleo")):
        Agent.objects.create(name=name, contact=contact).teams.add(billing)


@pytest.fixture
def quiet(rows, line, ana, rng) -> Account:
    """Time goes on when somebody waits."""
    return Account(Hand(), rng)


@pytest.fixture
def door(quiet) -> Door:
    return Door(quiet)


@pytest.fixture
def compared(door) -> Reconciler:
    return reconciler(door)


@pytest.fixture
def over(twilio, dana_call):
    """Dana's call, and everybody has hung up."""
    for leg in dana_call.legs.all():
        said = {"From": leg.from_number, "To": leg.to_number, "Direction": leg.direction, "CallDuration": "30"}
        twilio.status(leg.sid, "completed", 9, **said)
    dana_call.refresh_from_db()
    assert dana_call.status == "ended"
    return dana_call


@pytest.fixture
def desk(rows):
    desk = Desk()
    yield desk
    assert desk.unlike_rows() == []
