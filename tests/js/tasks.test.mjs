// The tasks that are done by keyboard name keys that there are.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { DEEDS, keymap, meaning } from "../../static/desk/keymap.js";

const lines = readFileSync(new URL("../browser/tasks.md", import.meta.url), "utf8").split("\n").filter((line) => /^\| \d/.test(line));
const OF_DIALOGS = new Set(["Tab", "Shift-Tab", "Space", "Ctrl-Enter", "Enter", "Esc", "↓", "↑"]); // the browser's own, and what a field says beside itself

test("there are twelve", () => assert.equal(lines.length, 12));

for (const line of lines) {
  const [, number, task, keys] = line.split("|").map((part) => part.trim());
  test(`${number}: ${task}`, () => {
    const map = keymap(), pressed = [...keys.matchAll(/`([^`]+)`/g)].map(([, key]) => key);
    assert.ok(pressed.length);
    let before = "";
    for (const key of pressed) {
      const { name, waits = "" } = OF_DIALOGS.has(key) ? { name: "close" } : meaning(map, key.length === 1 ? key.toLowerCase() : key, before);
      assert.ok(waits || DEEDS.some((deed) => deed.name === name), `${key} is no key of the desk`);
      before = waits;
    }
    assert.equal(before, "", "a second key is missing");
  });
}
