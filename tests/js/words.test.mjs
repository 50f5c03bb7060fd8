// What the desk says: times, states, rights and the steps of a wish.

import assert from "node:assert/strict";
import test from "node:test";

import { actionWord, ageOf, clock, everMay, lasting, legLook, stateOf, stepsOf, whyNot } from "../../static/desk/words.js";

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

test("ben may end in Billing, is told why not in Sales, and never without a team", () => {
  assert.equal(whyNot(ben, "end", call(), false), "");
  assert.match(whyNot(ben, "end", call({ team: 4, team_name: "Sales" }), false), /Sales/);
  assert.match(whyNot(ben, "end", call({ team: null, team_name: "" }), false), /without a team/);
});

test("actions are off while the picture is old, when the call has ended, and while somebody is on it", () => {
  assert.match(whyNot(ben, "end", call(), true), /not current/);
  assert.match(whyNot(ben, "end", call({ ended_at: "2026-11-21T09:00:00.000Z" }), false), /ended/);
  assert.match(whyNot(ben, "end", call({ actions: [{ verb: "end", state: "sending", by: "Alice Moreau" }] }), false), /Alice Moreau/);
});

const at = (ms) => `2026-11-21T09:00:00.${String(ms).padStart(3, "0")}Z`;
const action = { requested_at: at(0), sent_at: at(12), accepted_at: at(212), settled_at: at(640) };
for (const [state, reached, ms, word] of [["requested", 1, 0, "recorded"], ["sending", 2, 12, "sent"], ["accepted", 3, 212, "accepted"], ["confirmed", 4, 640, "effect seen"]]) {
  test(`a wish that is ${state} has reached step ${reached} after ${ms} ms`, () => {
    const steps = stepsOf({ ...action, state });
    assert.deepEqual([steps.reached, steps.ms, actionWord({ state })], [reached, ms, word]);
  });
}
