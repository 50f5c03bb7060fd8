// The legs of a call as blocks of time.

import assert from "node:assert/strict";
import test from "node:test";

import { blocksOf, botsOf, marksOf } from "../../static/desk/timeline.js";

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

test("who is on hold is held since then, and talked before, whoever put them there", () => {
  const [first, second] = drawn([{ ...caller, held: true, held_since: at(40) }, agent]);
  assert.deepEqual(first, [["wait", 0, 16], ["talk", 16, 40], ["held", 40, null]]);
  assert.deepEqual(second.at(-1), ["talk", 16, null]);
  assert.deepEqual(drawn([{ ...caller, held: true, held_since: null }, agent])[0].at(-1), ["held", 16, null]); // since nobody knows when
});

test("who was on hold was held then, and talks again", () => {
  const deed = (verb, settled, more) => ({ verb, target: "CA1", state: "confirmed", settled_at: at(settled), ...more });
  const told = (leg, ...actions) => blocksOf([{ ...caller, sid: "CA1", ...leg }, agent], actions)[0].map(({ kind, from, to }) => [kind, seconds(from), seconds(to)]);
  const before = [["wait", 0, 16], ["talk", 16, 20], ["held", 20, 30]];
  assert.deepEqual(told({}, deed("resume", 30), deed("hold", 20)), [...before, ["talk", 30, null]]);
  assert.deepEqual(told({ held: true, held_since: at(41) }, deed("hold", 42), deed("resume", 30), deed("hold", 20)), [...before, ["talk", 30, 41], ["held", 41, null]]);
  assert.deepEqual(told({ ended_at: at(50) }, deed("resume", 30), deed("hold", 20)), [...before, ["talk", 30, 50]]);
  // Another's, one that did nothing, and one whose end nobody told us are no hold of theirs.
  assert.deepEqual(told({}, deed("hold", 20, { target: "CA2" }), deed("hold", 22, { state: "failed" }), deed("hold", 24)), [["wait", 0, 16], ["talk", 16, null]]);
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

test("whoever listens is nobody to talk to, until they have taken the call over", () => {
  const ana = { ...agent, ended_at: at(30) }, alice = { role: "supervisor", name: "Alice Moreau", started_at: at(20), answered_at: at(21), ended_at: null, muted: false, coaching: false };
  const taken = { verb: "take_over", by: "Alice Moreau", state: "confirmed", settled_at: at(29) };
  const told = (actions) => blocksOf([caller, ana, alice], actions)[0].map(({ kind, from, to }) => [kind, seconds(from), seconds(to)]);
  assert.deepEqual(told([]), [["wait", 0, 16], ["talk", 16, 30], ["wait", 30, null]]);
  assert.deepEqual(told([taken]), [["wait", 0, 16], ["talk", 16, null]]);
});

test("what a supervisor has said is told when the call is given back, and that they only listen since", () => {
  const ana = { ...agent, ended_at: at(30) }, again = { ...agent, started_at: at(40), ringing_at: at(40), answered_at: at(44) };
  const alice = { role: "supervisor", name: "Alice Moreau", started_at: at(20), answered_at: at(28), ended_at: null, muted: true, coaching: false };
  const deed = (verb, requested, settled, more) => ({ verb, by: "Alice Moreau", state: "confirmed", requested_at: at(requested), settled_at: at(settled), ...more });
  const actions = [deed("hand_back", 35, 45), deed("take_over", 19, 30, { what: "by Alice Moreau" })];
  const told = (given) => blocksOf([caller, ana, again, alice], given).map((blocks) => blocks.map(({ kind, from, to }) => [kind, seconds(from), seconds(to)]));
  assert.deepEqual(told(actions)[0], [["wait", 0, 16], ["talk", 16, null]]);
  assert.deepEqual(told(actions)[3], [["ring", 20, 28], ["talk", 28, 45], ["listen", 45, null]]);
  const anothers = [deed("take_over", 22, 30, { what: "by Mei Tanaka" })];
  assert.deepEqual(told(anothers)[3], [["ring", 20, 28], ["listen", 28, null]]);
});

test("a caller to whom an AI agent is connected is with it, and waits before and after", () => {
  const bots = [[at(4), at(8)]];
  const [first] = blocksOf([caller, agent], [], bots).map((blocks) => blocks.map(({ kind, from, to }) => [kind, seconds(from), seconds(to)]));
  assert.deepEqual(first, [["wait", 0, 4], ["bot", 4, 8], ["wait", 8, 16], ["talk", 16, null]]);
});

test("who is with it now is with it until it is over, and not if it has a leg of its own", () => {
  const call = { status: "with-bot", since: at(3), ended_at: null, legs: [caller] }, bots = botsOf(call);
  const [first] = blocksOf(call.legs, [], bots).map((blocks) => blocks.map(({ kind, from, to }) => [kind, seconds(from), seconds(to)]));
  assert.deepEqual(first, [["wait", 0, 3], ["bot", 3, null]]);
  assert.deepEqual(botsOf({ ...call, legs: [caller, { ...agent, role: "bot" }] }), []);
});

test("who did what with which outcome, and which alarm was raised, is marked and told in words", () => {
  const hold = { verb: "hold", by: "Alice Moreau", sent_at: at(5), state: "confirmed" }, unsent = { verb: "end", by: "Ben", sent_at: null, state: "refused" };
  const alarm = { kind: "wait", where: "Refunds", severity: "red", raised_at: at(2), cleared_at: at(9), owner: "", acked_at: null };
  const [first, second, ...none] = marksOf([hold, unsent], [alarm]);
  assert.deepEqual([first.look, seconds(first.at), second.look, seconds(second.at), none], ["red", 2, "act", 5, []]);
  assert.match(first.words, /alarm: Longest wait, Refunds, over the limit until /);
  assert.match(second.words, /Alice Moreau: Hold, effect seen$/);
});
