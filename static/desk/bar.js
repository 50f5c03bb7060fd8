// Around the list: the bar with the connection and the figures, the banners of what is old or away, and the teams.

import { byId, el, set, text } from "./dom.js";
import { VIEWS } from "./order.js";
import { t } from "./say.js";
import { ageOf, lasting, timeOfDay } from "./words.js";

const OVER = { "sign-in": t`Signed out`, forbidden: t`No rights`, version: t`New version` };

/** `title(rest)`: the tab's, with what comes before it. */
export function drawBar(stream, badge, title) {
  const { board, link } = stream, conn = byId("conn");
  set(document.documentElement, "class", badge.stale && board.revision !== null ? "is-stale" : null);
  set(conn, "data-state", stream.done ? "over" : badge.state);
  text(byId("conn-word"), stream.done ? OVER[stream.why] : badge.word);
  const heard = link.newsAt ? performance.now() - link.newsAt : null;
  text(byId("conn-age"), heard === null || stream.done ? "" : badge.stale ? t`as of ${timeOfDay(new Date(stream.now() - heard).toISOString())}` : ageOf(heard));
  const calls = [...board.calls.values()];
  const count = (view) => calls.filter(VIEWS[view]).length;
  text(byId("m-live"), String(calls.length));
  text(byId("m-talking"), String(count("talking")));
  text(byId("m-ringing"), String(count("ringing")));
  for (const view of Object.keys(VIEWS)) text(byId(`v-${view}`), String(count(view)));
  document.title = badge.stale ? "(≈) Livedesk" : title(`(${calls.length}) Livedesk`);
  const banner = byId("banner"), bad = badge.stale && board.revision !== null && !stream.done && heard > 5000;
  banner.hidden = !bad;
  set(banner, "data-state", badge.state);
  if (bad) {
    text(byId("banner-since"), `${badge.word}. ${t`What you see is the floor as of ${timeOfDay(new Date(stream.now() - heard).toISOString())}.`}`);
    const next = Math.ceil((link.retryAt - performance.now()) / 1000), theirs = badge.state === "stale";
    text(byId("banner-until"), theirs ? t`the server can read its records again.` : t`the desk can reach the server.`);
    text(byId("banner-next"), theirs ? "" : !stream.socket && next > 0 ? t`Next try in ${next} s` : t`Trying …`);
    byId("try-now").hidden = Boolean(stream.socket);
  }
}

/** Twilio's API is away, or nobody asks it, and our own line is live: another trouble, with words of its own. */
export function drawTrouble(badge, done) {
  const bad = Boolean(badge.trouble) && !badge.stale && !done;
  byId("trouble").hidden = !bad;
  if (!bad) return;
  text(byId("trouble-since"), `${badge.trouble}.`);
  text(byId("trouble-meaning"), badge.meaning);
}

/** Each team: how many live calls, and the longest of them. A press shows that team alone. */
export function drawTeams(board, asked, now) {
  const teams = new Map(Object.entries(board.you?.teams ?? {}).map(([id, { name }]) => [id, { id, name, live: 0, oldest: "~" }]));
  if (board.you?.unassigned) teams.set("null", { id: "null", name: t`No team`, live: 0, oldest: "~" });
  for (const call of board.calls.values()) {
    const team = teams.get(String(call.team));
    if (!team) continue;
    team.live += 1;
    if (call.started_at && call.started_at < team.oldest) team.oldest = call.started_at;
  }
  const list = byId("teams");
  const wanted = [...teams.values()].filter((team) => team.id !== "null" || team.live).sort((a, b) => (a.name < b.name ? -1 : 1));
  while (list.children.length > wanted.length) list.lastElementChild.remove();
  wanted.forEach((team, place) => {
    const item = list.children[place] ?? list.appendChild(el("li", {}, el("button", { type: "button" }, el("b", { class: "name" }), el("b", { class: "n t" }), el("span", { class: "old" }))));
    const [name, live, old] = item.firstElementChild.children;
    item.firstElementChild.dataset.team = team.id;
    set(item.firstElementChild, "aria-pressed", String(asked.team === team.id));
    text(name, team.name);
    text(live, String(team.live));
    text(old, team.live ? t`longest ${lasting(team.oldest, null, now)}` : t`no calls`);
  });
}
