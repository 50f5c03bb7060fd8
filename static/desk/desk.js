// The desk: holds the pieces together. What is shown follows from the board, what was asked for, and the connection.

import { Announce } from "./announce.js";
import { NOTHING, sweep } from "./board.js";
import { byId, el, icon, set, text } from "./dom.js";
import { Drawer } from "./drawer.js";
import { End } from "./end.js";
import { listen } from "./keys.js";
import { VIEWS, arrange, hold } from "./order.js";
import { Rows } from "./rows.js";
import { Stream } from "./stream.js";
import { Redirect, Transfer } from "./transfer.js";
import { ageOf, everMay, lasting, timeOfDay, whyNot } from "./words.js";

const HAND = 10000; // ms that a hand counts as being in the list after its last move
const root = document.documentElement;
const query = new URLSearchParams(location.search);
const asked = {
  view: query.get("view") in VIEWS ? query.get("view") : "all", text: query.get("find") ?? "", team: query.get("team"),
  sort: query.get("sort") ?? "total", down: query.get("down") !== "0",
};
let handAt = -Infinity, shown = [], due = false;

const stream = new Stream({ board: { ...NOTHING }, told: later, over });
const end = new End({ stale: () => stream.badge.stale, told: later, result: say });
const hooks = { now: () => stream.now(), result: say, beside: (id) => drawer.id === id };
const pops = { transfer: new Transfer(hooks), announce: new Announce(hooks), redirect: new Redirect(hooks) };
const drawer = new Drawer({ now: () => stream.now(), press, pending: (id) => end.pendingOf(id, "echo"), closed });
const rows = new Rows(byId("rows"), pick);

// Draw ------------------------------------------------------------------------------------------------------------

/** Once per frame of the screen, whatever came meanwhile. */
function later() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => { due = false; draw(); });
}

const bodyOf = (id) => stream.board.calls.get(id) ?? stream.board.ended.get(id)?.call ?? kept.get(id);
const kept = new Map(); // last bodies of rows that are held in place though the board has lost them

function draw() {
  const { board, badge } = stream;
  const handy = performance.now() - handAt < HAND;
  stream.board = handy ? board : sweep(board, performance.now());
  const wanted = arrange(stream.board, asked);
  const { ids, waiting } = hold(shown.filter((id) => bodyOf(id)), wanted, handy && !badge.stale);
  for (const id of ids) kept.set(id, bodyOf(id));
  const still = new Set(ids);
  for (const id of kept.keys()) if (!still.has(id)) kept.delete(id);
  // What this person may not see any more goes at once, hand or no hand.
  shown = ids.filter((id) => stream.board.calls.has(id) || stream.board.ended.has(id));
  if (!badge.stale) {
    for (const id of end.drop((id) => board.calls.has(id))) {
      if (!board.ended.has(id)) say(id, "Not ended: this call became part of another one, or is not yours any more.", true);
    }
  }
  rows.draw(shown, bodyOf, (id) => end.pendingOf(id), stream.now());
  if (drawer.open) drawer.update(bodyOf(drawer.id) ?? null, stream.board.you, badge.off);
  for (const pop of openPops()) pop.update(bodyOf(pop.call.id) ?? null, stream.board.you, badge.off);
  byId("changes").hidden = !waiting;
  text(byId("changes-count"), `${waiting} ${waiting === 1 ? "change" : "changes"}`);
  drawBar(badge);
  drawTrouble(badge);
  drawRail();
  drawEmpty();
  announce();
}

function drawBar(badge) {
  const { board, link } = stream, conn = byId("conn");
  set(root, "class", badge.stale && board.revision !== null ? "is-stale" : null);
  set(conn, "data-state", badge.state);
  text(byId("conn-word"), badge.word);
  const heard = link.newsAt ? performance.now() - link.newsAt : null;
  text(byId("conn-age"), heard === null ? "" : badge.stale ? `as of ${timeOfDay(new Date(stream.now() - heard).toISOString())}` : ageOf(heard));
  const calls = [...board.calls.values()];
  const count = (view) => calls.filter(VIEWS[view]).length;
  text(byId("m-live"), String(calls.length));
  text(byId("m-talking"), String(count("talking")));
  text(byId("m-ringing"), String(count("ringing")));
  for (const view of Object.keys(VIEWS)) text(byId(`v-${view}`), String(count(view)));
  document.title = badge.stale ? "(≈) Livedesk" : `(${calls.length}) Livedesk`;
  const banner = byId("banner"), bad = badge.stale && board.revision !== null && !stream.done && heard > 5000;
  banner.hidden = !bad;
  if (bad) {
    text(byId("banner-since"), `${badge.word}. What you see is the floor as of ${timeOfDay(new Date(stream.now() - heard).toISOString())}.`);
    const next = Math.ceil((link.retryAt - performance.now()) / 1000), theirs = badge.state === "stale";
    text(byId("banner-until"), theirs ? "the server can read its records again." : "the desk can reach the server.");
    text(byId("banner-next"), theirs ? "" : !stream.socket && next > 0 ? `Next try in ${next} s` : "Trying …");
    byId("try-now").hidden = Boolean(stream.socket);
  }
}

/** Twilio's API is away, or nobody asks it, and our own line is live: another trouble, with words of its own. */
function drawTrouble(badge) {
  const bad = Boolean(badge.trouble) && !badge.stale && !stream.done;
  byId("trouble").hidden = !bad;
  if (!bad) return;
  text(byId("trouble-since"), `${badge.trouble}.`);
  text(byId("trouble-meaning"), badge.meaning);
}

/** Each team: how many live calls, and the longest of them. A press shows that team alone. */
function drawRail() {
  const teams = new Map(Object.entries(stream.board.you?.teams ?? {}).map(([id, { name }]) => [id, { id, name, live: 0, oldest: "~" }]));
  if (stream.board.you?.unassigned) teams.set("null", { id: "null", name: "No team", live: 0, oldest: "~" });
  for (const call of stream.board.calls.values()) {
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
    text(old, team.live ? `longest ${lasting(team.oldest, null, stream.now())}` : "no calls");
  });
}

function drawEmpty() {
  const { board } = stream;
  const state = stream.done ? stream.why : board.revision === null ? "loading" : shown.length ? "" : board.calls.size ? "filtered" : "quiet";
  for (const part of document.querySelectorAll("[data-empty]")) part.hidden = part.dataset.empty !== state;
  byId("grid").hidden = state !== "";
}

// Say -------------------------------------------------------------------------------------------------------------

let saidAt = 0, before = null;

/** For who listens to the page: one sentence every five seconds at most. */
function announce() {
  const now = performance.now(), { calls, revision } = stream.board;
  if (revision === null || now - saidAt < 5000) return;
  if (before) {
    const come = [...calls.keys()].filter((id) => !before.has(id)).length, gone = [...before].filter((id) => !calls.has(id)).length;
    if (come || gone) {
      text(byId("live-words"), [come && `${come} new`, gone && `${gone} ended`].filter(Boolean).join(", "));
      saidAt = now;
    }
  }
  before = new Set(calls.keys());
}

/** The result of one's own deed: only what went wrong needs words, the rest is seen on the row. */
function say(id, sentence, failed) {
  const call = bodyOf(id);
  const note = el("p", { class: failed ? "toast is-bad" : "toast", role: "alert" }, icon(failed ? "attention" : "check"),
    el("span", {}, call ? el("b", {}, `${call.caller || "Call"}: `) : "", sentence),
    el("button", { class: "icon", type: "button", "aria-label": "Dismiss", onclick: () => note.remove() }, icon("close")));
  byId("toasts").append(note);
  setTimeout(() => note.remove(), 15000);
}

/** Nothing more comes. What is on the page of calls and people goes before anything else. */
function over(why) {
  stream.why = why;
  end.forget();
  for (const pop of Object.values(pops)) pop.forget();
  if (drawer.open) drawer.close();
  byId("toasts").replaceChildren();
  if (why === "sign-in") location.assign("/sign-in/");
  later();
}

// Ask -------------------------------------------------------------------------------------------------------------

function pick(id) {
  const call = bodyOf(id);
  if (!call) return;
  for (const pop of openPops()) if (pop.call.id !== id) pop.close(); // it belongs to the call beside it
  rows.select(id);
  drawer.show(call);
  later();
}

function closed(focused) {
  for (const pop of openPops()) pop.close();
  rows.select(null);
  if (focused && rows.current) rows.move(rows.current, true);
  later();
}

const openPops = () => Object.values(pops).filter((pop) => pop.open);

/** By key: on the open call, else on the row that the keyboard is on, which is opened. */
const wish = (verb) => () => {
  const call = drawer.open ? drawer.call : bodyOf(rows.current);
  if (!call || !everMay(stream.board.you, verb)) return;
  const why = whyNot(stream.board.you, verb, call, stream.badge.off, stream.now());
  if (why) return say(call.id, why, true);
  if (verb !== "end" && !drawer.open) pick(call.id);
  press(verb, call, verb === "end" ? null : drawer.verbs.button(verb));
};

function press(verb, call, button) {
  if (verb === "end") return end.open(call);
  for (const pop of openPops()) pop.close();
  pops[verb].show(call, button);
}

function apply() {
  handAt = -Infinity;
  later();
}

function askFor(change) {
  Object.assign(asked, change);
  const kept = new URLSearchParams();
  if (asked.view !== "all") kept.set("view", asked.view);
  if (asked.text) kept.set("find", asked.text);
  if (asked.team !== null) kept.set("team", asked.team);
  if (asked.sort !== "total" || !asked.down) { kept.set("sort", asked.sort); kept.set("down", asked.down ? "1" : "0"); }
  history.replaceState(null, "", kept.size ? `?${kept}` : location.pathname);
  showAsked();
  apply();
}

function showAsked() {
  for (const tab of document.querySelectorAll("[data-view]")) set(tab, "aria-current", tab.dataset.view === asked.view ? "true" : null);
  for (const head of document.querySelectorAll("[data-sort]")) {
    set(head.parentElement, "aria-sort", head.dataset.sort === asked.sort ? (asked.down ? "descending" : "ascending") : null);
  }
}

const grid = byId("grid");
const hand = () => { handAt = performance.now(); };
grid.addEventListener("pointermove", (event) => event.pointerType === "mouse" && hand());
grid.addEventListener("pointerleave", () => { handAt = -Infinity; later(); });
grid.addEventListener("keydown", hand);
byId("changes").addEventListener("click", apply);
byId("find").addEventListener("input", (event) => askFor({ text: event.target.value.trim() }));
byId("teams").addEventListener("click", (event) => {
  const team = event.target.closest("[data-team]")?.dataset.team;
  if (team) askFor({ team: asked.team === team ? null : team });
});
for (const tab of document.querySelectorAll("[data-view]")) tab.addEventListener("click", () => askFor({ view: tab.dataset.view }));
for (const head of document.querySelectorAll("[data-sort]")) {
  head.addEventListener("click", () => askFor({ sort: head.dataset.sort, down: asked.sort === head.dataset.sort ? !asked.down : head.dataset.sort === "total" }));
}
byId("clear").addEventListener("click", () => { byId("find").value = ""; askFor({ view: "all", text: "", team: null }); });
byId("try-now").addEventListener("click", () => stream.again(0));
byId("help-open").addEventListener("click", () => byId("help").showModal());
byId("help-close").addEventListener("click", () => byId("help").close());

const go = (step) => () => {
  hand();
  const id = rows.step(step);
  if (id && drawer.open) pick(id);
};
listen({
  j: go(1), ArrowDown: go(1), k: go(-1), ArrowUp: go(-1),
  Enter: () => rows.current && pick(rows.current),
  Escape: () => {
    const [pop] = openPops();
    if (pop) pop.close();
    else if (document.activeElement === byId("find")) document.activeElement.blur();
    else if (drawer.open) drawer.close();
  },
  "/": () => byId("find").focus(), "?": () => byId("help").showModal(), t: wish("transfer"), n: wish("announce"), e: wish("end"), x: () => end.cancelLast(), R: apply, r: apply,
});
byId("prev").addEventListener("click", go(-1));
byId("next").addEventListener("click", go(1));

// Begin -----------------------------------------------------------------------------------------------------------

byId("find").value = asked.text;
showAsked();
setInterval(later, 1000); // times go on, with or without news
// Coming back by the browser's back button must not bring back what was on the screen.
addEventListener("pageshow", (event) => event.persisted && location.reload());
if (document.body.dataset.watches === "yes") stream.begin();
else { stream.done = true; stream.why = "forbidden"; later(); }
