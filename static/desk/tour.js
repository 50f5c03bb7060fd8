// The tour of the desk: five steps beside what they tell of. It stands in nobody's way: all of the desk goes on working meanwhile.

import { byId, text } from "./dom.js";
import { some, t } from "./say.js";
import { ask } from "./wish.js";

// The first of these places that is on the screen is marked.
const STEPS = [
  { at: ["#calls"], title: t`Every live call is a row`, words: t`Its state, how long it has been so, who is on it. Amber and red at the edge say what goes on for too long. Under your hand no row moves.` },
  { at: ["#drawer", "#rows .row[data-call]", "#calls"], title: t`Open a call beside the list`, words: t`Press its row, or J and Enter. You see its legs over time, who hears whom, notes and tags, and earlier calls. The arrows go on to the next call.` },
  { at: ["#verbs", "#calls"], title: t`You see what it does before you do it`, words: t`What can be done with the open call stands there, with its key. What does harm tells first whom it is about, and asks. What cannot be done says why.` },
  { at: [".rail"], title: t`What needs you comes to you`, words: t`Alarms with what is too much and since when, queues with who waits the longest, agents with what they do. “I see to it” tells the others.` },
  { at: [".find", ".bar"], title: t`Everything by keyboard`, words: t`Ctrl-K finds calls, wishes and pages by typing, / searches the list, and ? shows all keys. There you find this tour again.` },
];

const card = byId("tour"), next = byId("tour-next"), back = byId("tour-back");
let place = -1; // the offer

function show(to) {
  place = to;
  const step = STEPS[place];
  mark(step);
  card.hidden = false;
  text(byId("tour-count"), step ? some(STEPS.length, "{1} of {0}", "{1} of {0}", place + 1) : "");
  if (step) {
    text(byId("tour-title"), step.title);
    text(byId("tour-words"), step.words);
  }
  back.hidden = place < 1;
  text(next, !step ? t`Show me around` : place + 1 < STEPS.length ? t`Next` : t`Done`);
  text(byId("tour-skip"), step ? t`Leave the tour` : t`Not now`);
  byId("tour-skip").hidden = place + 1 === STEPS.length;
}

function mark(step) {
  document.querySelector(".is-toured")?.classList.remove("is-toured");
  const shown = step?.at.map((where) => document.querySelector(where)).find((each) => each?.getClientRects().length);
  shown?.classList.add("is-toured");
}

/** Told to the server, so that it is not offered again, wherever one signs in; if that is lost it is offered once more. */
function leave() {
  mark(null);
  card.hidden = true;
  if (card.dataset.offered === "yes") ask("/me/tour/", {});
  card.dataset.offered = "no";
}

function begin() {
  byId("help").close();
  show(0);
  next.focus();
}

next.addEventListener("click", () => (place + 1 < STEPS.length ? show(place + 1) : leave()));
back.addEventListener("click", () => { show(place - 1); if (back.hidden) next.focus(); });
byId("tour-leave").addEventListener("submit", (event) => { event.preventDefault(); leave(); });
card.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.stopPropagation(); // what is open stays open
  leave();
});
for (const button of document.querySelectorAll("[data-tour]")) button.addEventListener("click", begin);
next.hidden = false; // without this script there is only "Not now"
