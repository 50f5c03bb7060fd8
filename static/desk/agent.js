// An agent's own page: the clocks run, and what has changed is shown as soon as it does not disturb who types.

import { byId, text } from "./dom.js";
import { t } from "./say.js";

const EVERY = 2000; // ms
const STATES = { available: t`available`, busy: t`busy`, "wrap-up": t`wrap-up`, away: t`away`, offline: t`offline` };
const place = byId("agent");
let ahead = 0; // ms that this computer's clock is behind the server's

const words = (ms) => {
  const seconds = Math.max(0, Math.round(ms / 1000)), minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
};

function tick() {
  for (const clock of [byId("agent-time"), byId("call-time")]) {
    if (!clock) continue;
    const { since, until } = clock.dataset, now = Date.now() + ahead;
    text(clock, until ? t`${words(Date.parse(until) - now)} left` : since ? words(now - Date.parse(since)) : "");
  }
}

const same = (told) => told.state === place.dataset.state && told.help === place.dataset.help &&
  (told.call?.id ?? "") === place.dataset.call && (told.call?.live ? "yes" : "no") === place.dataset.live;

const typing = () => [...document.querySelectorAll("textarea, input:not([type=hidden])")].some((field) => field.value);

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/agent/now/", { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok || answer.redirected) return;
    const told = await answer.json();
    ahead = Date.parse(told.now) - Date.now();
    if (!same(told) && !typing()) location.reload();
    else if (!same(told)) text(byId("agent-state"), STATES[told.state] ?? told.state); // the rest when they have sent what they write
  } catch { /* the next look is soon */ }
}

setInterval(tick, 1000);
setInterval(look, EVERY);
tick();
look();
