// A row, as it is read out.

import assert from "node:assert/strict";
import test from "node:test";

import { whole } from "../../static/desk/lean.js";
import { sentenceOf, spoken } from "../../static/desk/sentence.js";

const NOW = Date.parse("2026-05-01T10:00:00Z"), ago = (seconds) => new Date(NOW - seconds * 1000).toISOString();
const call = (more) => whole({ id: "a", caller: "+1 ··· 0134", line: "Billing", agent: "Ana Ruiz", since: ago(190), started_at: ago(400), ...more });

const ROWS = [
  [{}, null, "Caller +1 ··· 0134, Billing, talking with Ana Ruiz for 3 minutes."],
  [{ agent: "" }, null, "Caller +1 ··· 0134, Billing, talking for 3 minutes."],
  [{ status: "waiting", agent: "", queue: "Fees", since: ago(60) }, "breach", "Caller +1 ··· 0134, Billing, waiting in Fees for 1 minute, over the limit."],
  [{ status: "ringing", since: ago(5) }, null, "Caller +1 ··· 0134, Billing, ringing at Ana Ruiz for less than a minute."],
  [{ status: "held" }, "attention", "Caller +1 ··· 0134, Billing, on hold, with Ana Ruiz for 3 minutes, near the limit."],
  [{ status: "consulting" }, null, "Caller +1 ··· 0134, Billing, waiting while Ana Ruiz consults somebody for 3 minutes."],
  [{ status: "with-bot", agent: "" }, null, "Caller +1 ··· 0134, Billing, talking with an AI agent for 3 minutes."],
  [{ status: "in-menu", agent: "", caller: "", line: "", team_name: "Sales" }, null, "Unknown caller, Sales, in the menu for 3 minutes."],
  [{ direction: "outbound-api" }, null, "Call to +1 ··· 0134, Billing, talking with Ana Ruiz for 3 minutes."],
  [{ unverified_since: ago(40) }, null, "Caller +1 ··· 0134, Billing, unverified for less than a minute."],
  [{ ended_at: ago(1), outcome: "missed" }, null, "Caller +1 ··· 0134, Billing, missed."],
  [{ legs: [{ role: "supervisor", sid: "CA1" }] }, null, "Caller +1 ··· 0134, Billing, talking with Ana Ruiz for 3 minutes, a supervisor is on it."],
  [{ actions: [{ state: "abandoned", verb: "hold" }] }, null, "Caller +1 ··· 0134, Billing, talking with Ana Ruiz for 3 minutes, needs a human."],
];

for (const [more, look, words] of ROWS) {
  test(words, () => assert.equal(sentenceOf(call(more), look && { look }, NOW), words));
}

test("how long, as one says it", () => {
  const said = [-5, 59, 60, 125, 3600, 3660, 7320].map((seconds) => spoken(seconds * 1000));
  assert.deepEqual(said, ["less than a minute", "less than a minute", "1 minute", "2 minutes", "1 hour", "1 hour and 1 minute", "2 hours and 2 minutes"]);
});
