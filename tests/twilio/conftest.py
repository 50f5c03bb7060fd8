"""Our doors as the outside knows them: an https address and two tokens, the current and the next."""

import pytest
from pytest_django import Settings

from tests.intake.teller import ACCOUNT
from tests.twilio.wire import KEYS, NEXT_TOKEN, PUBLIC_URL, TOKEN


@pytest.fixture(autouse=True)
def known_to_twilio(settings: Settings) -> None:
    settings.PUBLIC_URL = PUBLIC_URL
    settings.TWILIO_ACCOUNT_SID = ACCOUNT
    settings.TWILIO_AUTH_TOKENS = [TOKEN, NEXT_TOKEN]
    settings.TWILIO_WEBHOOK_KEYS = KEYS
