// What the figures of the floor mean: near, over, in words and in bars.

import assert from "node:assert/strict";
import test from "node:test";

import { bars, barsWords, levelOf, looksOf, oldestOf, summary, tiles } from "../../static/desk/figures.js";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const ago = (seconds) => new Date(NOW - 1000 * seconds).toISOString();
const staff = (more = {}) => ({ available: 2, busy: 3, "wrap-up": 1, away: 1, offline: 5, ...more });
const queue = (more = {}) => ({
  id: 1, name: "Billing", open: true, waiting: 0, oldest: null, level: null, target_seconds: 20, target_percent: 80,
  in_target: [0, 0, 0, 0, 0, 0], late: [0, 0, 0, 0, 0, 0], gave_up: [0, 0, 0, 0, 0, 0], staff: staff(), marks: { waiting: [3, 6], wait: [14, 20], service: [90, 60] }, ...more,
});

test("near the target is amber, at it red", () => {
  const oldest = (seconds) => looksOf(queue({ waiting: 1, oldest: ago(seconds) }), NOW).oldest;
  assert.deepEqual([13.9, 14, 19.9, 20].map(oldest), ["", "attention", "attention", "breach"]);
  assert.deepEqual([2, 3, 5, 6].map((waiting) => looksOf(queue({ waiting }), NOW).waiting), ["", "attention", "attention", "breach"]);
  assert.deepEqual([null, 80, 79, 61, 60].map((level) => looksOf(queue({ level }), NOW).level), ["", "", "attention", "attention", "breach"]);
});

test("what no alarm is raised for is not red here either", () => {
  const busy = queue({ waiting: 50, oldest: ago(500), level: 10, marks: {} });
  assert.deepEqual(looksOf(busy, NOW), { waiting: "", oldest: "", level: "attention" });
  assert.equal(tiles({ queues: [busy], staff: staff() }, NOW)[1].aim, "each queue has its limit");
});

test("a queue where nobody waits and nobody has called has no figure, and no alarm", () => {
  assert.deepEqual(looksOf(queue(), NOW), { waiting: "", oldest: "", level: "" });
  assert.deepEqual([oldestOf(queue(), NOW), levelOf(queue())], ["–", "–"]);
  assert.deepEqual(bars(queue()), []);
});

test("five minutes stand one on the other, the tallest fills the height, and few calls do not", () => {
  const drawn = bars(queue({ in_target: [0, 0, 0, 0, 0, 6], late: [0, 0, 0, 0, 0, 2], gave_up: [1, 0, 0, 0, 0, 0] }), 72, 16);
  assert.deepEqual(drawn.map(({ kind, x, y, height }) => [kind, x, y, height]), [["gave_up", 0, 14, 2], ["in_target", 60, 4, 12], ["late", 60, 0, 4]]);
  assert.equal(bars(queue({ late: [0, 0, 1, 0, 0, 0] }), 72, 16)[0].height, 4);
  assert.equal(barsWords(queue({ in_target: [1, 2, 0, 0, 0, 0] })), "In the last half hour 3 answered in time, 0 later, 0 gave up");
});

test("the large figures: each with its target, and as bad as the worst queue", () => {
  const calm = queue({ in_target: [8, 0, 0, 0, 0, 0], level: 100 });
  const bad = queue({ name: "Sales", waiting: 6, oldest: ago(65), target_seconds: 60, marks: { waiting: [3, 6], wait: [42, 60], service: [90, 60] }, in_target: [2, 0, 0, 0, 0, 0], late: [4, 0, 0, 0, 0, 0], gave_up: [2, 0, 0, 0, 0, 0], level: 25 });
  const shown = tiles({ queues: [calm, bad], staff: staff({ available: 0 }) }, NOW).map(({ name, value, unit, aim, look }) => `${name}: ${value}${unit}, ${aim}, ${look}`);
  assert.deepEqual(shown, [
    "Longest wait: 1:05, target 1:00, Sales, breach", "Waiting: 6, 6 in one queue are too many, breach",
    "Service level: 62%, target 80 %, by queue, attention", "Agents free: 0, of 5 signed in, attention", "Gave up: 12.5%, target at most 5 %, breach",
  ]);
});

test("the bar: who waits and since when, how many were answered in time, who is free", () => {
  const bad = queue({ waiting: 6, oldest: ago(65), in_target: [2, 0, 0, 0, 0, 0], late: [4, 0, 0, 0, 0, 0], level: 33 });
  const told = (queues, free) => Object.values(summary({ queues, staff: staff({ available: free }) }, NOW)).map(({ value, word, look }) => `${value} ${word} ${look}`.trim());
  assert.deepEqual(told([bad], 0), ["6 waiting, oldest 1:05 breach", "33 % in time, of 80 % breach", "0 agents free attention"]);
  assert.deepEqual(told([queue(), queue({ target_percent: 90 })], 2), ["0 waiting", "– in time", "2 agents free"]);
});

test("a floor where nothing goes on", () => {
  assert.deepEqual(tiles({ queues: [queue()], staff: staff() }, NOW).map(({ value, look }) => value + look), ["–", "0", "–", "2", "–"]);
  assert.deepEqual(tiles({ queues: [], staff: staff() }, NOW).map(({ value }) => value), ["–", "0", "–", "2", "–"]);
});
