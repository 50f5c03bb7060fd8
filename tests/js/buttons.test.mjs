// Which buttons a call has: what is shown in which state, and who hears whom on it.

import assert from "node:assert/strict";
import test from "node:test";

import { besides, supervising } from "../../static/desk/beside.js";
import { GROUPS, buttonsOf, standsAs } from "../../static/desk/buttons.js";
import { consulting, hearing, sentences, wires } from "../../static/desk/hearing.js";

const EVERY = new Set(GROUPS.flatMap(([, verbs]) => verbs));
const RIGHTS = ["end", "transfer", "announce", "redirect", "hold", "mute", "kick", "monitor", "whisper", "barge", "take_over", "pull", "record", "transcribe", "stream", "add_party"];
const you = (...verbs) => ({ teams: { 3: { name: "Billing", verbs: ["view", ...verbs] } }, unassigned: null });
const head = you(...RIGHTS);
const leg = (role, more) => ({ sid: `CA-${role}`, role, name: "", number: "", status: "in-progress", ended_at: null, held: false, muted: false, ...more });
const caller = leg("caller"), ana = leg("agent", { name: "Ana Pereira" }), tom = leg("consult", { name: "Tom Novak" });
const call = (more) => ({ id: "c", shape: "1", status: "talking", ended_at: null, caller: "+1 ··· 0177", team: 3, actions: [], legs: [caller, ana], ...more });
/** Only these can be wished now. */
const can = (...verbs) => Object.fromEntries([...EVERY].map((verb) => [verb, verbs.includes(verb) ? "" : "Not now."]));
const shown = (...given) => buttonsOf(...given).shown;

for (const [name, able, there, away] of [
  ["somebody who talks can be put on hold, and muted", ["hold", "mute"], ["hold", "mute"], ["resume", "unmute"]],
  ["whoever is on hold gets a button to come back, and none to be held again", ["resume", "mute"], ["resume", "mute"], ["hold"]],
  ["what runs can be stopped, what does not can be begun", ["stop_recording", "pause", "transcribe"], ["stop_recording", "pause", "transcribe"], ["record", "resume_recording", "stop_transcript"]],
  ["nobody completes a consultation that there is not", [], ["transfer"], ["complete", "cancel", "swap", "leave", "hand_back", "pull"]],
  ["while two consult there is a way on and a way back", ["complete", "cancel", "swap"], ["complete", "cancel", "swap"], []],
]) {
  test(name, () => {
    const found = shown(call(), head, EVERY, can(...able));
    for (const verb of there) assert.ok(found.includes(verb), `${verb} is not there`);
    for (const verb of away) assert.ok(!found.includes(verb), `${verb} is there`);
  });
}

test("of three, one is on hold and another may be put there", () => {
  const three = call({ legs: [leg("caller", { held: true }), ana, tom] });
  assert.deepEqual(shown(three, head, EVERY, can("hold", "resume")).filter((verb) => ["hold", "resume"].includes(verb)), ["hold", "resume"]);
  assert.deepEqual(shown(call(), head, EVERY, can("hold", "resume")).filter((verb) => ["hold", "resume"].includes(verb)), ["resume"]);
});

test("what this person may never do, and what the server does not know, is not there", () => {
  assert.deepEqual(shown(call(), you("end"), EVERY, can("end")), ["limit", "end"]);
  assert.deepEqual(shown(call(), head, new Set(["hold", "resume", "end"]), can("hold", "end")), ["hold", "end"]);
  assert.deepEqual(shown(call(), null, EVERY, can("end")), []);
});

test("a waiting caller may be pulled, or the button says why not", () => {
  assert.ok(shown(call({ status: "waiting" }), head, EVERY, can()).includes("pull"));
  assert.ok(!shown(call(), head, EVERY, can()).includes("pull"));
});

test("before anybody talks there is nothing of what needs a conversation, unless it can be done all the same", () => {
  for (const status of ["in-menu", "waiting", "ringing"]) {
    assert.deepEqual(shown(call({ status }), head, EVERY, can("hold")).filter((verb) => ["monitor", "barge", "take_over", "hold", "mute", "privacy"].includes(verb)), ["hold"]);
  }
});

test("until the server has said what can be done there is nothing to take back", () => {
  const found = shown(call(), head, EVERY, null);
  assert.ok(found.includes("hold") && !found.includes("resume"));
});

test("what is rare is folded away, unless it is one thing alone", () => {
  assert.deepEqual(buttonsOf(call(), head, EVERY, can()).rare, ["add", "kick", "transcribe", "stream", "limit"]);
  assert.deepEqual(buttonsOf(call(), head, new Set(["kick", "end"]), can()).rare, []);
});

test("on a telephone the more of them is folded", () => {
  const { shown: there, rare } = buttonsOf(call(), head, EVERY, can(), true);
  assert.deepEqual(there.filter((verb) => !rare.includes(verb)), ["monitor", "take_over", "transfer", "redirect", "announce", "hold", "end"]);
});

test("what can be done is asked again when somebody is held or muted, not when time goes by", () => {
  const held = call({ legs: [leg("caller", { held: true }), ana] }), muted = call({ legs: [caller, leg("agent", { muted: true })] });
  assert.notEqual(standsAs(call()), standsAs(held));
  assert.notEqual(standsAs(call()), standsAs(muted));
  assert.equal(standsAs(call({ heard_at: "1" })), standsAs(call({ heard_at: "2" })));
});

// Who hears whom ----------------------------------------------------------------------------------------------------

const told = (...legs) => sentences(hearing(call({ legs }))).join(" ");
const ways = (...legs) => wires(hearing(call({ legs }))).map(({ from, to, way }) => `${from}${to} ${way}`);
const held = leg("caller", { held: true }), listens = leg("supervisor", { name: "Alice Moreau", muted: true });

for (const [name, legs, words, lines] of [
  ["two who talk", [caller, ana], "Caller and Ana hear each other.", ["01 both"]],
  ["the agent muted", [caller, leg("agent", { name: "Ana Pereira", muted: true })], "Nobody hears Ana.", ["01 right"]],
  ["the caller on hold", [held, ana], "Caller is on hold. Nobody hears Ana.", ["01 none"]],
  ["a consultation", [held, ana, tom], "Ana and Tom hear each other. Caller is on hold.", ["01 none", "02 none", "12 both"]],
  ["somebody who listens", [caller, ana, listens], "Caller and Ana hear each other. Alice hears Caller and Ana. Nobody hears Alice.", ["01 both", "02 right", "12 right"]],
]) {
  test(`who hears whom: ${name}`, () => {
    assert.ok(told(...legs).includes(words), told(...legs));
    assert.deepEqual(ways(...legs), lines);
  });
}

test("a whisper is heard by the agent alone, as the server has it", () => {
  const coach = leg("supervisor", { name: "Alice Moreau", coaching: true }), [c, a, s] = ["CA-caller", "CA-agent", "CA-supervisor"];
  const heard = hearing(call({ legs: [caller, ana, coach], hears: [[c, a], [a, c], [s, c], [s, a], [a, s]] }));
  assert.deepEqual(wires(heard).map(({ from, to, way }) => `${from}${to} ${way}`), ["01 both", "02 right", "12 both"]);
  assert.equal(heard.people[2].mark, "whispering");
});

test("one alone, and a call that is over, have no picture", () => {
  assert.equal(hearing(call({ legs: [caller, leg("agent", { status: "ringing" })] })), null);
  assert.equal(hearing(call({ ended_at: "2026-11-21T09:00:00.000Z" })), null);
});

for (const [name, legs, states] of [
  ["the target rings", [held, ana, leg("consult", { name: "Tom Novak", status: "ringing" })], ["done", "at", "next"]],
  ["they talk", [held, ana, tom], ["done", "done", "at"]],
  ["the agent is back with the caller for a moment", [caller, ana, leg("consult", { name: "Tom Novak", held: true })], ["done", "done", "at"]],
]) {
  test(`the steps of a consultation: ${name}`, () => assert.deepEqual(consulting(call({ legs })).map((step) => step.state), states));
}
test("without a consultation there are no steps, nor when it is over", () => {
  assert.equal(consulting(call()), null);
  assert.equal(consulting(call({ legs: [caller, tom] })), null);
});
test("it begins with the wish, before anybody rings", () => {
  const asked = { verb: "transfer", what: "warm, to Tom Novak", state: "accepted" };
  assert.deepEqual(consulting(call({ actions: [asked] })).map((step) => step.words), ["Caller to be held", "Tom Novak is called", "Then they talk"]);
});

// What runs beside a call, and who listens ---------------------------------------------------------------------------

const at = (s) => new Date(Date.parse("2026-11-21T09:00:00.000Z") + s * 1000).toISOString(), now = Date.parse(at(60));
for (const [name, beside, look, words] of [
  ["recording is red", { recording: "recording" }, "is-on", /^Recording$/],
  ["a pause that is not confirmed is none", { recording: "pausing" }, "is-on", /still recording/],
  ["a pause is grey, with the time at which Twilio said so", { recording: "paused", paused_at: at(1) }, "", /paused, confirmed at \d+:00:01/],
  ["privacy counts, and says when it will remind", { private_since: at(0), remind_at: at(300) }, "", /Privacy for 1:00. Reminder in 4:00/],
  ["and reminds", { private_since: at(-300), remind_at: at(0) }, "is-late", /Privacy for 6:00. Should it end\?/],
  ["a limit counts down", { limit_at: at(120) }, "", /in 1:00/],
]) {
  test(name, () => {
    const [told] = besides(call({ beside }), now);
    assert.equal(told.look, look);
    assert.match(told.words, words);
  });
}
test("of what does not run nothing is said", () => assert.deepEqual(besides(call(), now), []));

test("nobody listens unseen, and I am told what I do", () => {
  const alice = { user: { name: "Alice Moreau" } }, rings = leg("supervisor", { name: "Ben Okafor", status: "ringing" });
  const told = supervising(call({ legs: [caller, ana, listens, rings] }), alice);
  assert.deepEqual(told.map((one) => [one.mine, one.mode, one.words.join(" ")]), [[true, "listening", "You are listening, muted"], [false, "", "Ben Okafor is being rung"]]);
  assert.match(sentences(hearing(call({ legs: [caller, ana, listens] }), alice)).join(" "), /You hear Caller and Ana. Nobody hears you./);
});
