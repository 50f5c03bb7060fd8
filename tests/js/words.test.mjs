// What the desk says: times, states, rights and the steps of a wish.

import assert from "node:assert/strict";
import test from "node:test";

import { ageOf, clock, everMay, lasting, legLook, legWord, mayAct, stateOf, whyNot, waitsSince } from "../../static/desk/words.js";

for (const [ms, said] of [[-4000, "0:00"], [999, "0:00"], [41000, "0:41"], [729000, "12:09"], [3753000, "1:02:33"]]) {
  test(`${ms} ms are ${said}`, () => assert.equal(clock(ms), said));
}

test("a state still lasts until it has an end", () => {
  const now = Date.parse("2026-11-21T09:01:05.000Z");
  assert.equal(lasting("2026-11-21T09:00:00.000Z", null, now), "1:05");
  assert.equal(lasting("2026-11-21T09:00:00.000Z", "2026-11-21T09:00:07.000Z", now), "0:07");
  assert.equal(lasting(null, null, now), "");
});

for (const [ms, said] of [[-50, "0.0 s"], [430, "0.4 s"], [9940, "9.9 s"], [42400, "42 s"], [75000, "1:15"]]) {
  test(`an age of ${ms} ms is ${said}`, () => assert.equal(ageOf(ms), said));
}

const call = (more) => ({ status: "talking", ended_at: null, unverified_since: null, outcome: "", team: 3, team_name: "Billing", actions: [], ...more });

test("every state has a word; one that we do not know keeps its own", () => {
  assert.equal(stateOf(call()).word, "In call");
  assert.equal(stateOf(call({ unverified_since: "2026-11-21T09:00:00.000Z" })).word, "Unverified");
  assert.equal(stateOf(call({ ended_at: "2026-11-21T09:00:00.000Z", outcome: "missed" })).word, "Missed");
  assert.equal(stateOf(call({ status: "teleported" })).word, "teleported");
});

for (const [leg, look] of [
  [{ status: "completed", ended_at: "x" }, "kend"], [{ status: "in-progress", unverified: true }, "kask"], [{ status: "in-progress", held: true }, "kheld"],
  [{ status: "in-progress", role: "supervisor" }, "kear"], [{ status: "ringing" }, "kring"], [{ status: "in-progress", role: "agent" }, "ktalk"],
]) {
  test(`a leg ${JSON.stringify(leg)} is drawn as ${look}`, () => assert.equal(legLook(leg), look));
}

const ben = { teams: { 3: { name: "Billing", verbs: ["view", "end"] }, 4: { name: "Sales", verbs: ["view"] } }, unassigned: null };
const wes = { teams: { 3: { name: "Billing", verbs: ["view"] } }, unassigned: null };

test("wes may end nothing anywhere: he gets no button", () => {
  assert.ok(!everMay(wes, "end"));
  assert.ok(everMay(ben, "end"));
  assert.ok(!everMay(null, "end"));
});

test("ben may do something in Billing; who only watches there, or in Sales, may not", () => {
  assert.ok(mayAct(ben, 3));
  assert.ok(![[ben, 4], [ben, 5], [ben, null], [wes, 3], [null, 3]].some(([you, team]) => mayAct(you, team)));
  assert.ok(mayAct({ teams: {}, unassigned: { verbs: ["end", "view"] } }, null));
});

test("ben may end in Billing, is told why not in Sales, and never without a team", () => {
  assert.equal(whyNot(ben, "end", call(), false), "");
  assert.equal(whyNot(ben, "end", call({ team: 4, team_name: "Sales" }), false), "You need the permission “Can end calls” on Sales. You have it on Billing.");
  assert.equal(whyNot(ben, "transfer", call(), false), "You need the permission “Can transfer calls” on Billing.");
  assert.match(whyNot(ben, "end", call({ team: null, team_name: "" }), false), /without a team/);
});

test("actions are off for whatever reason the desk gives", () => {
  const why = "Actions are off: Twilio’s API has not answered since 09:00:00.";
  assert.equal(whyNot(ben, "end", call(), why), why);
  assert.equal(whyNot(ben, "end", call(), ""), "");
  const taping = { teams: { 3: { name: "Billing", verbs: ["record"] } } };
  assert.equal(whyNot(taping, "pause", call(), why), "", "a try that fails is better than none");
  assert.equal(whyNot(taping, "resume_recording", call(), why), why);
});

test("a leg whose last callback was lost says so", () => {
  assert.equal(legWord({ status: "completed", healed: true }), "ended, callback lost");
  assert.equal(legWord({ status: "completed", healed: false }), "ended");
});

test("actions are off while the picture is old, when the call has ended, and while somebody is on it", () => {
  assert.match(whyNot(ben, "end", call(), true), /not current/);
  assert.match(whyNot(ben, "end", call({ ended_at: "2026-11-21T09:00:00.000Z" }), false), /ended/);
  assert.match(whyNot(ben, "end", call({ actions: [{ verb: "end", target: "call", state: "sending", by: "Alice Moreau" }] }), false), /Alice Moreau/);
});

test("somebody else's open wish keeps every other one off the call, but not the end of all of it", () => {
  const busy = call({ actions: [{ verb: "transfer", target: "CA1", state: "accepted", by: "Alice Moreau", exclusive: true }] });
  const able = { teams: { 3: { name: "Billing", verbs: ["view", "end", "announce"] } }, unassigned: null };
  assert.equal(whyNot(able, "announce", busy, false), "Alice Moreau is already on it (transferring).");
  assert.equal(whyNot({ ...able, user: { name: "Alice Moreau" } }, "announce", busy, false), "You are already on it (transferring).");
  assert.equal(whyNot(able, "end", busy, false), "");
});

test("a caller for whom an agent is rung, or did not answer, has waited all the while", () => {
  const call = { status: "ringing", since: "2026-11-21T09:02:00.000Z", waits_since: "2026-11-21T09:00:00.000Z", ended_at: null };
  assert.equal(waitsSince(call), call.waits_since);
  assert.equal(waitsSince({ ...call, status: "waiting" }), call.waits_since);
  assert.equal(waitsSince({ ...call, since: call.waits_since }), null, "the row says it already");
  assert.equal(waitsSince({ ...call, status: "talking" }), null);
  assert.equal(waitsSince({ ...call, waits_since: null }), null);
});
