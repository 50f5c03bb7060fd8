// What a script adds to a page that can be read without one: local times, the legs drawn, SIDs to copy, news.

import { copyable, byId, set, text } from "./dom.js";
import { t } from "./say.js";
import { timeline } from "./timeline.js";
import { timeOfDay } from "./words.js";

const AGAIN = 3000; // ms between two looks at a call that goes on
const { call: id, revision, live, open } = document.body.dataset;
let whole = null, beside = {}, offset = 0;

for (const time of document.querySelectorAll("time[datetime]")) text(time, timeOfDay(time.dateTime));
if (byId("zone")) text(byId("zone"), document.documentElement.dataset.zone ? t`Times are those of ${document.documentElement.dataset.zone}.` : t`Times are this computer’s.`);
for (const sid of document.querySelectorAll(".sid code")) sid.after(copyable(sid.textContent));

/** The call as it is now; the drawing is the only thing that moves by itself. */
async function look() {
  try {
    const answer = await fetch(`/calls/${id}/`, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok || answer.redirected) return;
    const { call, alarms, bots } = await answer.json();
    [whole, beside] = [call, { alarms, bots }];
    offset = Date.parse(answer.headers.get("X-Desk-Now")) - performance.now();
  } catch { return; } // the page says as of when it is
  if (String(whole.revision) === revision) return;
  // Who waits for the effect of a wish sees it; who reads is not disturbed.
  if (open === "yes" && !document.activeElement.matches("a, button, [tabindex]")) location.reload();
  else byId("moved").hidden = false;
}

function draw() {
  if (!whole) return;
  const place = byId("timeline");
  place.replaceChildren(timeline(whole, performance.now() + offset, { wide: place.clientWidth, ...beside }));
  set(document.querySelector(".legend"), "hidden", null);
}

if (id) {
  await look();
  draw();
  if (live === "yes" || open === "yes") {
    setInterval(() => document.hidden || look(), AGAIN);
    setInterval(draw, 1000);
  }
}
