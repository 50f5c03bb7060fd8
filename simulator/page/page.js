// Looks again and again at what has changed, keeps it, and lets each part draw its own.

import { clock, find, knock, now, setClock, stopClock, text, tick } from "./dom.js";
import * as faults from "./faults.js";
import * as handset from "./handset.js";
import * as network from "./network.js";
import * as scenarios from "./scenarios.js";
import * as wire from "./wire.js";

const PAUSE = 500;
const state = { run: "", revision: 0, hand: null, calls: [], rooms: [], queues: [], webhooks: [], asked: [], notes: [], switches: [], plays: [] };
const parts = [handset, scenarios, network, wire, faults];
let lostSince = null;

/** Everything of a kind as [id, view] pairs, in order; a view that has not changed stays the same object. */
function merged(before, ids, changed) {
  const views = new Map(before);
  for (const [id, view] of Object.entries(changed)) views.set(id, view);
  return (ids ?? before.map(([id]) => id)).map((id) => [id, views.get(id)]);
}

async function look() {
  const picture = await knock(`/sim/picture?run=${state.run}&since=${state.revision}`);
  const fresh = picture.run !== state.run;
  for (const kind of Object.keys(picture.changed)) {
    const changed = picture.changed[kind];
    if (fresh || picture.ids[kind] || Object.keys(changed).length) {
      state[kind] = merged(fresh ? [] : state[kind], picture.ids[kind], changed);
    }
  }
  [state.run, state.revision] = [picture.run, picture.revision];
  // At full speed (max) time leaps: it is what it was at the last look.
  setClock(picture.now, Number(picture.speed) || 0);
  text(find("n-live"), String(picture.live));
  text(find("pace"), `${picture.speed === 1 ? "" : `${picture.speed === "max" ? "as fast as can be" : `${picture.speed}×`} · `}seed ${state.switches[0][1].seed}`);
  draw();
}

function draw() {
  for (const part of parts) part.draw(state);
}

async function watch() {
  try {
    if (!document.hidden) await look();
    lostSince = null;
  } catch {
    lostSince ??= new Date().toTimeString().slice(0, 8);
    if (state.run) stopClock();
  }
  document.body.classList.toggle("lost", lostSince !== null);
  text(find("link"), lostSince ? `No answer since ${lostSince}` : "");
  setTimeout(watch, PAUSE);
}

function tabs(list) {
  const all = [...list.querySelectorAll("[role=tab]")];
  const choose = (chosen) => {
    for (const tab of all) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      find(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
    }
    list.parentElement.dataset.tab = chosen.getAttribute("aria-controls");
  };
  list.addEventListener("click", (event) => event.target.closest("[role=tab]") && choose(event.target.closest("[role=tab]")));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    choose(next);
    next.focus();
  });
  choose(all[0]);
}

/** Takes a leg in hand; the others are only looked at. */
function take(sid) {
  state.hand = sid;
  draw();
}

document.querySelectorAll("[role=tablist]").forEach(tabs);
find("n-faults").addEventListener("click", () => find("t-faults").click());
for (const part of parts) part.start(take, state);
setInterval(() => {
  text(find("clock"), state.run ? clock(new Date(now()).toISOString()) : "–");
  tick();
}, 1000);
watch();
