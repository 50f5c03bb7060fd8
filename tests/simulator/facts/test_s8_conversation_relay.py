"""§8.4 of the facts: ConversationRelay, over a real WebSocket.

Source: https://www.twilio.com/docs/voice/twiml/connect/conversationrelay
"""

import pytest

from ..conftest import CALLER, NUMBER, STAY


class TestConversationRelay:
    @pytest.fixture
    def agent(self, twilio, application, live, sockets):
        """An AI agent of the application's; the caller says what their script says."""

        def connect(attributes="", **script):
            parameter = "<Parameter name='a' value='b'/>"
            noun = f"<ConversationRelay url='{sockets.url}' {attributes}>{parameter}</ConversationRelay>"
            application.says("/after/", STAY)
            call = live(f"<Connect action='/after/'>{noun}</Connect>", **script)
            twilio.eventually(lambda: sockets.of("setup"))
            return call

        return connect

    def test_8_4_it_begins_with_setup(self, agent, sockets):
        call = agent()
        (setup,) = sockets.of("setup")
        assert setup["sessionId"].startswith("VX") and setup["customParameters"] == {"a": "b"}
        assert (setup["callSid"], setup["from"], setup["to"]) == (call.fetch().sid, CALLER, NUMBER)
        assert setup["direction"] == "inbound"

    def test_8_4_the_greeting_is_heard_and_then_the_caller_speaks(self, twilio, agent, sockets):
        call = agent("welcomeGreeting='How can I help?'", says=["I lost my card"])
        (prompt,) = twilio.eventually(lambda: sockets.of("prompt"))
        assert prompt == {"type": "prompt", "voicePrompt": "I lost my card", "lang": "en-US", "last": True}
        assert [one["text"] for one in twilio.call(call.fetch().sid)["heard"]] == ["How can I help?"]

    def test_8_4_tokens_are_spoken_once_the_last_has_come_and_the_caller_answers(self, twilio, agent, sockets):
        call = agent(says=["I lost my card", "Yes, please"])
        twilio.eventually(lambda: sockets.of("prompt"))
        sockets.say(type="text", token="Shall I ", last=False)
        sockets.say(type="text", token="block it?", last=True)
        twilio.eventually(lambda: len(sockets.of("prompt")) == 2)
        assert [one["text"] for one in twilio.call(call.fetch().sid)["heard"]] == ["Shall I block it?"]
        assert sockets.of("prompt")[1]["voicePrompt"] == "Yes, please"

    def test_8_4_who_talks_over_it_interrupts(self, twilio, agent, sockets):
        call = agent(f"welcomeGreeting='{'bla ' * 100}'")
        twilio.say(call.fetch().sid, "stop it")
        twilio.eventually(lambda: sockets.of("prompt"))
        assert sockets.of("interrupt")[0]["utteranceUntilInterrupt"].startswith("bla")

    def test_8_4_keys_are_told_if_dtmf_detection_is_on(self, twilio, agent, sockets):
        call = agent("dtmfDetection='true'")
        twilio.key(call.fetch().sid, "5")
        twilio.eventually(lambda: sockets.of("dtmf"))
        assert sockets.of("dtmf") == [{"type": "dtmf", "digit": "5"}]

    def test_8_4_partial_prompts_come_before_the_whole_one(self, twilio, agent, sockets):
        call = agent("partialPrompts='true'")
        twilio.say(call.fetch().sid, "I lost my card")
        twilio.eventually(lambda: len(sockets.of("prompt")) == 2)
        assert [one["last"] for one in sockets.of("prompt")] == [False, True]

    def test_8_4_end_hands_over_to_the_action(self, twilio, application, agent, sockets):
        call = agent()
        sockets.say(type="end", handoffData='{"reason":"human"}')
        (asked,) = twilio.eventually(lambda: application.at("/after/"))
        assert (asked["SessionStatus"], asked["HandoffData"]) == ("ended", '{"reason":"human"}')
        assert asked["SessionId"].startswith("VX") and int(asked["SessionDuration"]) >= 0
        assert call.fetch().status == "in-progress"

    def test_8_4_a_caller_who_hangs_up_has_completed_it(self, twilio, application, agent):
        call = agent()
        twilio.hang_up(call.fetch().sid)
        (asked,) = twilio.eventually(lambda: application.at("/after/"))
        assert (asked["SessionStatus"], asked["CallStatus"]) == ("completed", "completed")

    def test_8_4_a_supervisor_takes_the_call_over_by_a_redirect(self, twilio, agent, sockets):
        agent().update(twiml=f"<Response>{STAY}</Response>")
        twilio.eventually(lambda: sockets.closed)

    def test_8_4_a_message_that_is_none_is_told_to_the_application(self, twilio, agent, sockets):
        agent()
        sockets.say(type="nonsense")
        twilio.eventually(lambda: sockets.of("error"))

    def test_8_4_an_agent_who_vanishes_ends_it(self, twilio, application, live, sockets):
        sockets.rude = True
        application.says("/after/", STAY)
        live(f"<Connect action='/after/'><ConversationRelay url='{sockets.url}'/></Connect>")
        twilio.eventually(lambda: application.at("/after/"))

    def test_8_4_an_agent_who_is_not_there_has_failed(self, twilio, application, live):
        application.says("/after/", STAY)
        live("<Connect action='/after/'><ConversationRelay url='ws://127.0.0.1:9/'/></Connect>")
        assert twilio.eventually(lambda: application.at("/after/"))[0]["SessionStatus"] == "failed"
