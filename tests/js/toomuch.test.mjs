// Alarms in words: what is told, what is loud, and what is new.

import assert from "node:assert/strict";
import test from "node:test";

import { fresh, inOrder, loud, seenTo, spoken, titleOf, told } from "../../static/desk/toomuch.js";

const NOW = Date.parse("2026-11-22T08:00:00.000Z");
const ago = (seconds) => new Date(NOW - seconds * 1000).toISOString();
const alarm = (rest) => ({ id: 1, kind: "wait", where: "Refunds", severity: "red", value: 30, limit: 20, began: ago(130), number: 1, acked_at: null, snoozed_until: null, owner: "", ...rest });

test("a time runs on, a number and a level stand", () => {
  const words = (rest) => { const { what, value, limit, more } = told(alarm(rest), NOW); return [what, value, limit, more]; };
  assert.deepEqual(words({}), ["Longest wait", "2:10", "0:20", ""]);
  assert.deepEqual(words({ kind: "talk", number: 4, limit: 300 }), ["Talk time", "2:10", "5:00", "4 calls"]);
  assert.deepEqual(words({ kind: "waiting", began: null, value: 7, limit: 6 }), ["Callers waiting", "7", "6", ""]);
  assert.deepEqual(words({ kind: "service", began: null, value: 58, limit: 60 }), ["Service level", "58 %", "60 %", ""]);
});

test("what somebody sees to, or has snoozed, is quiet, and says so", () => {
  assert.equal(loud(alarm({}), NOW), true);
  assert.equal(loud(alarm({ acked_at: ago(3) }), NOW), false);
  assert.equal(loud(alarm({ snoozed_until: ago(-60) }), NOW), false);
  assert.equal(loud(alarm({ snoozed_until: ago(1) }), NOW), true, "the snooze is over");
  assert.equal(seenTo(alarm({ acked_at: ago(3), owner: "Ben Okafor" }), NOW, "Ben Okafor"), "You see to it");
  assert.equal(seenTo(alarm({ acked_at: ago(3), owner: "Ben Okafor" }), NOW, "Wes Tanaka"), "Ben Okafor sees to it");
  assert.match(seenTo(alarm({ snoozed_until: ago(-60) }), NOW), /^Snoozed until \d\d:\d\d$/);
});

test("loud before quiet, red before amber, and the title counts the loud ones", () => {
  const some = [alarm({ id: 1, severity: "amber" }), alarm({ id: 2, acked_at: ago(1) }), alarm({ id: 3 })];
  assert.deepEqual(inOrder(some, NOW).map(({ id }) => id), [3, 1, 2]);
  assert.equal(titleOf(some, NOW, "(7) Livedesk"), "(2▲) (7) Livedesk");
  assert.equal(titleOf([], NOW, "(7) Livedesk"), "(7) Livedesk");
});

test("new is what became loud: a new one, one that turned red, and one whose snooze is over", () => {
  const heard = new Set(), ids = (...some) => fresh(some, heard, NOW).map(({ id, severity }) => `${id} ${severity}`);
  assert.deepEqual(ids(alarm({ severity: "amber" })), ["1 amber"]);
  assert.deepEqual(ids(alarm({ severity: "amber" })), []);
  assert.deepEqual(ids(alarm({})), ["1 red"]);
  assert.deepEqual(ids(alarm({ snoozed_until: ago(-60) })), []);
  assert.deepEqual(ids(alarm({}), alarm({ id: 2 })), ["1 red", "2 red"]);
  assert.deepEqual(ids(), []);
});

test("many are said in one sentence", () => {
  assert.equal(spoken([alarm({})], NOW), "Longest wait, Refunds: 2:10 of 0:20.");
  assert.match(spoken([1, 2, 3, 4, 5].map((id) => alarm({ id })), NOW), /\. And 2 more\.$/);
});
