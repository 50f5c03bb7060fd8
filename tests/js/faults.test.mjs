// When a part of the desk fails: whose the error is, what is said of it, and that the others go on.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { PARTS, faultWords, partOf } from "../../static/desk/faults.js";

const source = (name) => readFileSync(new URL(`../../static/desk/${name}.js`, import.meta.url), "utf8");
const imported = (name) => [...source(name).matchAll(/(?:from |import\()"\.\/(\w+)\.js"/g)].map(([, file]) => file);

function reached(...todo) {
  const found = new Set();
  for (let name = todo.pop(); name; name = todo.pop()) if (!found.has(name)) { found.add(name); todo.push(...imported(name)); }
  return [...found];
}

const at = (file) => `Error: broken\n    at draw (http://desk.example/static/desk/${file}.js:7:3)`;

for (const file of reached("desk", "drill", "tour")) {
  test(`an error in ${file}.js is one of a part of the desk that has words`, () => {
    const part = partOf(at(file));
    assert.ok(PARTS[part], `${file}.js is in no part: say in faults.js which one it is of`);
    assert.match(faultWords(new Set([part])).what, /^A part of this page does not work: \w.+\.$/);
  });
}

test("every part that the desk is put together from has words", () => {
  const named = [...source("desk").matchAll(/(?:attempt\("|^  |, |\[")([a-z]+)(?="|: (?:import|together)\()/gm)].map(([, name]) => name);
  assert.ok(named.length > 20);
  assert.deepEqual(named.filter((name) => !PARTS[name]), []);
});

test("an error in what all parts use is that of the part which used it", () => {
  assert.equal(partOf(`${at("dom")}\n at http://desk.example/static/desk/alarms.4f1c0a9b2d3e.js:1:1`), "alarms");
  assert.equal(partOf(at("dom")), "list");
  assert.equal(partOf("Failed to fetch dynamically imported module: http://desk.example/static/desk/palette.js"), "palette");
});

test("what is not ours is not told", () => {
  for (const other of ["", "ResizeObserver loop limit exceeded", "Error\n at chrome-extension://abc/desk.js:1:1"]) assert.equal(partOf(other), null);
});

test("of several one sentence, and what still works in their place", () => {
  const { what, rest } = faultWords(new Set(["wishes", "alarms"]));
  assert.equal(what, "Some parts of this page do not work: the dialogs of actions; the alarms.");
  assert.equal(rest, "All else does. Their buttons lead to plain forms. Each call has a page with plain forms:");
  assert.match(faultWords(new Set(["list", "alarms"])).rest, /^What is shown may be old\./);
});

test("a part that fails is told of once, and what stands in for it does nothing", async () => {
  const events = [];
  globalThis.dispatchEvent = (event) => events.push(event.detail);
  console.error = () => {};
  const { absent, arrived, attempt } = await import("../../static/desk/parts.js");
  const files = await arrived({ alarms: Promise.reject(new Error("gone")), panels: Promise.resolve({ Panels: 1 }) });
  assert.deepEqual(files, { alarms: {}, panels: { Panels: 1 } });
  const alarms = attempt("alarms", () => new files.alarms.Alarms(), () => absent({ open: false }));
  assert.equal(alarms.open, false);
  assert.equal(alarms.draw(1, 2), undefined);
  assert.equal(await alarms, alarms);
  assert.equal(await attempt("end", async () => { throw new Error("later"); }, () => "form"), "form");
  assert.equal(attempt("end", () => 7), 7);
  assert.deepEqual(events, ["alarms", "end"]);
});
