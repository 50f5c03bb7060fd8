// A drill: what the supervisors are told, and how it went. Asked for, not streamed: on a real Twilio there is none.

import { byId, el, set, text } from "./dom.js";
import { said, t } from "./say.js";

const EVERY = 2000; // ms
let shut = null; // the result that was read

async function look() {
  // The desk says itself that its line is cut.
  if (document.hidden || document.documentElement.classList.contains("is-stale")) return;
  try {
    const answer = await fetch("/drills/now/", { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.ok && !answer.redirected) show((await answer.json()).drill);
  } catch { /* the next look is soon */ }
}

function show(drill) {
  const place = byId("drill"), hidden = !drill || (drill.over && shut === drill.id);
  place.hidden = hidden;
  if (hidden) return;
  set(place, "data-over", drill.over ? "yes" : "no");
  text(byId("drill-what"), drill.over ? resultOf(drill) : said(drill.cue));
  byId("drill-close").hidden = !drill.over;
  byId("drill-close").onclick = () => { shut = drill.id; place.hidden = true; };
  const list = byId("drill-remarks"), remarks = drill.over ? drill.remarks : [];
  if (list.childElementCount !== remarks.length) list.replaceChildren(...remarks.map((remark) => el("li", {}, said(remark))));
}

function resultOf({ name, score, outcome }) {
  if (score === null) return t`${name}: no score.`;
  return outcome === "served" ? t`${name}: ${score} of 100, the caller was served.` : t`${name}: ${score} of 100, the caller was lost.`;
}

setInterval(look, EVERY);
look();
