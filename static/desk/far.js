// How far a wish on many calls has come: drawn into its places on a page, and looked at every second until it is over.

import { byId, el, text } from "./dom.js";
import { said } from "./say.js";

const AGAIN = 1000; // ms
const FIGURES = ["made", "total", "done", "open", "failed", "refused"];

const problem = (one) => el("li", {},
  one.call ? el("a", { class: "link t", href: `/calls/${one.call}/` }, said(one.who)) : el("b", {}, said(one.who)), el("span", {}, said(one.why)));

export function draw(told) {
  byId("progress").max = told.total;
  byId("progress").value = told.made;
  text(byId("sentence"), said(told.sentence));
  for (const name of FIGURES) text(byId(name), String(told[name]));
  if (told.problems.length) byId("problems").replaceChildren(...told.problems.map(problem));
}

/** `heard(told)` at each look, until it is over or `wanted()` says no. Who was signed out meanwhile is sent to sign in. */
export async function watch(id, heard, wanted = () => true) {
  if (!wanted()) return;
  if (!document.hidden) {
    try {
      const answer = await fetch(`/bulk/${id}/`, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (answer.redirected) return location.reload();
      if (answer.ok && wanted()) {
        const told = await answer.json();
        heard(told);
        if (told.over) return;
      }
    } catch { /* the next look tells */ }
  }
  setTimeout(watch, AGAIN, id, heard, wanted);
}
