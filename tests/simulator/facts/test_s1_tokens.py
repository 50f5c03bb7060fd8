"""§1.3 of the facts: the account's two auth tokens, and when signatures change from one to the other.

Source: https://www.twilio.com/docs/iam/api/authtoken
"""

import pytest
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from ..conftest import ACCOUNT, NUMBER, TOKEN, refusal


@pytest.fixture
def account(running, twilio, application):
    """A client of this account with a token; at the end everything is as it was."""

    def login(token: str) -> Client:
        client = Client(ACCOUNT, token)
        client.api.base_url = client.accounts.base_url = running.url
        return client

    yield login
    # What was signed with another token is not what the rest of these tests expects.
    application.asked.clear()


def signed_with(twilio, application, client) -> list[str]:
    """Which of the tokens it knows a webhook that this client sets off is signed with."""
    place = f"{application.url}/status/"
    client.calls.create(to="+14155550188", from_=NUMBER, twiml="<Response/>", status_callback=place)
    asked = twilio.eventually(lambda: application.at("/status/"))[-1]
    tokens = [TOKEN, client.auth[1]]
    return [
        token
        for token in dict.fromkeys(tokens)
        if RequestValidator(token).validate(place, asked.params, asked.headers["x-twilio-signature"])
    ]


def test_1_3_a_secondary_token_opens_the_api_at_once_and_signs_nothing(twilio, application, account):
    token = account(TOKEN).accounts.v1.secondary_auth_token().create().secondary_auth_token
    assert account(token).queues.list() == [] and account(TOKEN).queues.list() == []
    assert signed_with(twilio, application, account(token)) == [TOKEN]


def test_1_3_with_its_promotion_signatures_change_and_the_old_token_is_gone(twilio, application, account):
    token = account(TOKEN).accounts.v1.secondary_auth_token().create().secondary_auth_token
    assert account(token).accounts.v1.auth_token_promotion().update().auth_token == token
    assert signed_with(twilio, application, account(token)) == [token]
    assert refusal(lambda: account(TOKEN).queues.create(friendly_name="mine")) == (401, 20003)


def test_1_3_a_secondary_token_that_was_deleted_opens_nothing(account):
    token = account(TOKEN).accounts.v1.secondary_auth_token().create().secondary_auth_token
    assert account(TOKEN).accounts.v1.secondary_auth_token().delete() is True
    assert refusal(lambda: account(token).queues.create(friendly_name="mine")) == (401, 20003)
    assert refusal(lambda: account(TOKEN).accounts.v1.auth_token_promotion().update()) == (404, 20404)
