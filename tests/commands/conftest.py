"""Commands as an operator runs them, with the simulator as Twilio."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from django.conf import settings
from django.core.management import CommandError, call_command

from calls.twilio import gateway
from simulator.testing import RunningSimulator
from tests.conftest import ACCOUNT, LINE
from tests.simulator.application import Application

TOKEN = settings.TWILIO_AUTH_TOKENS[0]
KEY, KEY_SECRET = "SK" + "6" * 32, "the-secret-of-the-key"
SECRETS = [*settings.TWILIO_AUTH_TOKENS, KEY_SECRET, settings.SECRET_KEY, *settings.TWILIO_WEBHOOK_KEYS.values()]
ELSEWHERE = {"voice_url": "https://old.example/voice", "status_callback": "https://old.example/status"}
OTHER = "+15550100200"


@dataclass
class Account:
    """The account at Twilio: what its numbers say, what was asked of it, and faults on wish."""

    simulator: RunningSimulator

    def number(self, address: str = LINE) -> dict[str, Any]:
        (found,) = self.rest("GET", params={"PhoneNumber": address})["incoming_phone_numbers"]
        return found

    def change(self, address: str = LINE, **values: str) -> None:
        """Somebody sets the number by hand, in Twilio's console."""
        self.rest("POST", self.number(address)["sid"], data=values)

    def rest(self, method: str, sid: str = "", **how: Any) -> Any:
        what = f"IncomingPhoneNumbers/{sid}" if sid else "IncomingPhoneNumbers"
        url = f"{self.simulator.url}/2010-04-01/Accounts/{ACCOUNT}/{what}.json"
        answer = requests.request(method, url, auth=(ACCOUNT, TOKEN), timeout=5, **how)
        answer.raise_for_status()
        return answer.json()

    def faults(self, **rule: Any) -> None:
        self.simulator.post("/sim/faults", rest=[rule] if rule else [])

    def changes(self) -> int:
        """How many numbers were set, or tried to be."""
        return sum(asked["method"] == "POST" for asked in self.simulator.asked())

    def voice_address(self, address: str = LINE) -> str:
        return self.number(address)["voice_url"]


@pytest.fixture(scope="session")
def running() -> Iterator[RunningSimulator]:
    numbers = [{"phone_number": number, **ELSEWHERE} for number in (LINE, OTHER)]
    with RunningSimulator(
        account_sid=ACCOUNT, auth_token=TOKEN, api_keys={KEY: KEY_SECRET}, numbers=numbers
    ) as simulator:
        yield simulator


@pytest.fixture
def account(running: RunningSimulator, rows: None, settings: Any) -> Iterator[Account]:
    running.post("/sim/reset")
    settings.TWILIO_API_URL = running.url
    forget()
    yield Account(running)
    forget()
    running.post("/sim/reset")


def forget() -> None:
    """A command is a new process: it knows no client, and of no refusal a moment ago."""
    gateway._client.cache_clear()
    gateway.breaker.until = 0.0


@pytest.fixture
def run(capfd: Any, caplog: Any) -> Callable[..., tuple[str, str]]:
    """`run("doctor")`: what it prints, in one line, and how it ends ("" is well). No secret is in any of it."""

    def start(*arguments: str) -> tuple[str, str]:
        forget()
        out, failed = io.StringIO(), ""
        try:
            call_command(*arguments, stdout=out)
        except CommandError as error:
            failed = str(error)
        except SystemExit as error:
            failed = f"exit {error.code}" if error.code else ""
        printed = out.getvalue()
        for text in (printed, failed, caplog.text, *capfd.readouterr()):
            assert not [secret for secret in SECRETS if secret in text]
        return " ".join(printed.split()), failed

    return start


@pytest.fixture
def site() -> Iterator[Application]:
    """Something that answers where PUBLIC_URL leads, with what a test tells it."""
    application = Application()
    yield application
    application.close()
