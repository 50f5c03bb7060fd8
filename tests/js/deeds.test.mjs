// Wishes in words: the steps with their milliseconds, how they end, and how long a row tells of them.

import assert from "node:assert/strict";
import test from "node:test";

import { FATES, actionWord, begunWord, fateOf, iconOf, isBad, outcomeOf, secondsOf, stepsOf, titleOf, toldOf } from "../../static/desk/deeds.js";

const at = (ms) => new Date(Date.parse("2026-11-21T09:00:00.000Z") + ms).toISOString();
const now = (ms) => Date.parse(at(ms));
const action = (more) => ({ verb: "transfer", what: "to Grace Kim", by: "Ben Okafor", requested_at: at(0), sent_at: at(12), accepted_at: at(212), settled_at: at(640), message: "", ...more });

for (const [state, reached, ms, word] of [
  ["requested", 1, [null, null, null, null], "recorded"], ["sending", 2, [null, 12, null, null], "sent"],
  ["accepted", 3, [null, 12, 212, null], "accepted"], ["confirmed", 4, [null, 12, 212, 640], "effect seen"],
]) {
  test(`a wish that is ${state} has reached step ${reached}, and each step has its milliseconds`, () => {
    const steps = stepsOf(action({ state }));
    assert.deepEqual([steps.reached, steps.steps.map((step) => step.ms), actionWord({ state })], [reached, ms, word]);
  });
}

test("a wish is called by its verb and by what it is about", () => {
  assert.equal(titleOf(action()), "Transfer to Grace Kim");
  assert.equal(titleOf({ verb: "end" }), "End");
  assert.equal(iconOf({ verb: "announce" }), "announce");
  assert.equal(iconOf({ verb: "teleport" }), "attention");
});

test("a wish that is over says how, with the milliseconds from the press", () => {
  assert.equal(outcomeOf(action({ state: "confirmed" })), "accepted after 212 ms, effect seen after 640 ms");
  assert.equal(outcomeOf(action({ state: "confirmed", accepted_at: null })), "effect seen after 640 ms");
  assert.equal(outcomeOf(action({ state: "failed", message: "Busy line was busy." })), "Busy line was busy.");
  assert.equal(outcomeOf(action({ state: "overtaken" })), "overtaken");
});

test("one whose effect never came needs a human, in words and in red", () => {
  assert.equal(actionWord({ state: "abandoned" }), "needs a human");
  assert.ok(isBad({ state: "abandoned" }));
  assert.match(outcomeOf(action({ state: "abandoned", message: "No effect." })), /^Needs a human: No effect/);
});

test("between accepted and the effect it is said what has begun", () => {
  assert.equal(begunWord(action({ verb: "announce", state: "accepted", began: true })), "being heard");
  assert.equal(begunWord(action({ verb: "announce", state: "accepted", began: false })), "");
  assert.equal(begunWord(action({ verb: "announce", state: "confirmed", began: true })), "");
});

for (const [name, call, ms, told] of [
  ["a wish that is open is told of, however old", { actions: [action({ state: "accepted" })] }, 60000, true],
  ["an effect is told of for ten seconds", { actions: [action({ state: "confirmed" })] }, 9000, true],
  ["after that the row is quiet", { actions: [action({ state: "confirmed" })] }, 11000, false],
  ["a failure is told of for a minute", { actions: [action({ state: "failed" })] }, 50000, true],
  ["after that it is in the ledger", { actions: [action({ state: "failed" })] }, 61000, false],
  ["what needs a human stays", { actions: [action({ state: "abandoned" })] }, 3600000, true],
  ["until somebody wished something else", { actions: [action({ state: "confirmed" }), action({ state: "abandoned" })] }, 3600000, false],
  ["a call without wishes has none", { actions: [] }, 0, false],
]) {
  test(name, () => assert.equal(Boolean(toldOf(call, now(ms))), told));
}

test("every fate has a word and an icon, and no two look alike", () => {
  assert.equal(new Set(Object.values(FATES).map(([word]) => word)).size, 6);
  assert.equal(new Set(Object.values(FATES).map(([, icon]) => icon)).size, 6);
  assert.equal(fateOf({ fate: "vanishes" }), FATES.unsure);
});

test("a text takes about a second for thirteen characters", () => assert.equal(secondsOf("We close in ten minutes."), 3));
