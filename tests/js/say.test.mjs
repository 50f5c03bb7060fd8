// What a page says in another language than English, with a catalogue made up for it: one vector each with tests/desk/test_said.py.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const vectors = JSON.parse(readFileSync(new URL("said.json", import.meta.url)));
const scripts = { "Transfer to {0}": "Transferir a {0}", "{0} of {1}": "{1}: {0}", Listen: "Escuchar" };
const counted = { "{0} call of {1}": ["{0} llamada de {1}", "{0} llamadas de {1}"] };
globalThis.document = { documentElement: { lang: "es" } };
globalThis.words = {
  catalog: { ...vectors.others, ...scripts, ...counted, ...Object.fromEntries(Object.entries(vectors.said).map(([key, words]) => [`said\u0004${key}`, words])) },
  ngettext: (one, many, number) => counted[one]?.[number === 1 ? 0 : 1] ?? (number === 1 ? one : many),
};
const { locale, said, some, t, tenths } = await import("../../static/desk/say.js");

for (const [why, english, words] of vectors.cases) test(why, () => assert.equal(said(english), words));

test("a template, its values in the order of the other language", () => {
  assert.equal(t`Listen`, "Escuchar");
  assert.equal(t`Transfer to ${"Ana"}`, "Transferir a Ana");
  assert.equal(t`${3} of ${"Ana {0}"}`, "Ana {0}: 3");
});

test("what there are no words for is English", () => assert.equal(t`Nobody translates ${"this"}`, "Nobody translates this"));

test("one and many", () => {
  assert.equal(some(1, "{0} call of {1}", "{0} calls of {1}", "Ana"), "1 llamada de Ana");
  assert.equal(some(2, "{0} call of {1}", "{0} calls of {1}", "Ana"), "2 llamadas de Ana");
});

test("numbers as the page's language has them", () => {
  assert.equal(locale, "es");
  assert.equal(tenths(2), "2,0");
});

test("a hostile text costs nothing: what is long is nobody's sentence, what is short is read once from its beginning", () => {
  const long = "Transfer a to ".repeat(300);
  assert.equal(said(long), long);
  for (const hostile of ["Transfer a to ", "the caller and ", "x, then ", "x. ", "“", ".", " is hung up"]) said(hostile.repeat(500).slice(0, 499));
});

test("nothing is nothing", () => {
  assert.equal(said(null), null);
  assert.equal(said(undefined), undefined);
  assert.equal(said(7), 7);
});
