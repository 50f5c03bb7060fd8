// The legs of a call as blocks of time.

import assert from "node:assert/strict";
import test from "node:test";

import { blocksOf } from "../../static/desk/timeline.js";

const at = (second) => `2026-11-21T09:00:${String(second).padStart(2, "0")}.000Z`;
const seconds = (moment) => (moment === null ? null : (moment - Date.parse(at(0))) / 1000);
const drawn = (legs) => blocksOf(legs).map((blocks) => blocks.map(({ kind, from, to }) => [kind, seconds(from), seconds(to)]));

const caller = { role: "caller", started_at: at(0), ringing_at: null, answered_at: at(0), ended_at: null, held: false };
const agent = { role: "agent", started_at: at(10), ringing_at: at(10), answered_at: at(16), ended_at: null, held: false };

test("a caller waits until somebody answers, and talks from then on", () => {
  assert.deepEqual(drawn([caller, agent]), [
    [["wait", 0, 16], ["talk", 16, null]],
    [["ring", 10, 16], ["talk", 16, null]],
  ]);
});

test("while nobody has answered the caller's wait is open", () => {
  assert.deepEqual(drawn([caller, { ...agent, answered_at: null }]), [[["wait", 0, null]], [["ring", 10, null]]]);
});

test("an agent who did not answer rang and ended", () => {
  assert.deepEqual(drawn([{ ...agent, answered_at: null, ended_at: at(30) }]), [[["ring", 10, 30]]]);
});

test("who is on hold is held, not talking", () => {
  assert.deepEqual(drawn([{ ...caller, held: true }, agent])[0].at(-1), ["held", 16, null]);
});

test("a caller who hung up before the answer never talked", () => {
  assert.deepEqual(drawn([{ ...caller, ended_at: at(12) }, { ...agent, answered_at: null, ended_at: at(12) }])[0], [["wait", 0, 12]]);
});

test("a leg that we have heard no time of draws nothing", () => {
  assert.deepEqual(drawn([{ role: "agent", started_at: null, ringing_at: null, answered_at: null, ended_at: null }]), [[]]);
});

test("a caller who is between two agents does not talk", () => {
  const first = { ...agent, ended_at: at(20) }, second = { ...agent, started_at: at(22), ringing_at: at(22), answered_at: at(25) };
  assert.deepEqual(drawn([caller, first, second])[0], [["wait", 0, 16], ["talk", 16, 20], ["wait", 20, 25], ["talk", 25, null]]);
});

test("two who are there at once are one conversation, and who listens is none", () => {
  const first = { ...agent, ended_at: at(20) }, consult = { ...agent, role: "consult", answered_at: at(18), ended_at: at(24) };
  const wes = { ...agent, role: "supervisor", answered_at: at(2) };
  assert.deepEqual(drawn([caller, first, consult, wes])[0], [["wait", 0, 16], ["talk", 16, 24], ["wait", 24, null]]);
});
