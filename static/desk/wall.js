// A wallboard: five large figures and a row for each queue, eight at a time.

import { byId, el, icon, set, text } from "./dom.js";
import { aimOf, busyIn, gaveUp, gaveUpWords, levelOf, looksOf, oldestOf, tiles } from "./figures.js";
import { Look } from "./look.js";
import { locale, t } from "./say.js";
import { ageOf, timeOfDay } from "./words.js";

const ROWS = 8, TURN = 12000; // rows of a page, ms that it stays
let figures = null, page = 0, turnedAt = performance.now(), turns = true;

const look = new Look(byId("wall").dataset.now, (told) => { figures = told; draw(); });

const marked = (name, words) => (name ? [icon(name), words] : [words]);
const cell = (name, words, more = "") => el("td", { class: `${name ? `is-${name}` : ""} ${more}`.trim() || null }, ...marked(name, words));

function row(queue) {
  const looks = looksOf(queue, look.now());
  return el("tr", {}, el("th", { scope: "row" }, queue.name, queue.open ? "" : el("small", {}, ` ${t`closed`}`)),
    cell(looks.waiting, String(queue.waiting)), cell(looks.oldest, oldestOf(queue, look.now())),
    el("td", { class: looks.level ? `is-${looks.level}` : null }, ...marked(looks.level, levelOf(queue)), el("small", {}, ` ${aimOf(queue)}`)),
    cell(queue.waiting && !queue.staff.available ? "attention" : "", String(queue.staff.available)), cell("", String(busyIn(queue.staff))),
    cell("", gaveUpWords(gaveUp([queue])), "opt"));
}

function tile(place, { name, value, unit, aim, look: state }) {
  set(place, "class", state ? `tile is-${state}` : "tile");
  place.replaceChildren(el("dt", {}, name, state && icon(state)), el("dd", { class: "t" }, value, unit && el("small", {}, ` ${unit}`)), el("dd", { class: "aim" }, aim));
}

function draw() {
  const at = new Date(look.now());
  byId("tiles").hidden = byId("rows").hidden = !figures;
  set(byId("wall"), "class", look.old || look.why ? "wall is-stale" : "wall");
  text(byId("fresh"), look.heardAt === null ? t`no figures yet` : look.old ? t`as of ${ageOf(look.age)} ago` : t`live, ${ageOf(look.age)} ago`);
  text(byId("at"), timeOfDay(at.toISOString()).slice(0, 5));
  text(byId("day"), at.toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long" }));
  drawTrouble();
  if (!figures) return byId("queues").replaceChildren();
  tiles(figures, look.now()).forEach((each, place) => tile(byId("tiles").children[place] ?? byId("tiles").appendChild(el("div")), each));
  drawPage();
}

function drawTrouble() {
  const words = {
    gone: t`This address shows nothing any more. Ask who gave it to you for another one.`,
    "sign-in": t`Signed out. Load this page again to sign in.`,
  }[look.why] ?? (look.heardAt !== null && look.old ? t`These figures are old: they are ${ageOf(look.age)} old, and the server does not answer.` : "");
  byId("trouble").hidden = !words;
  text(byId("trouble-words"), words);
}

function drawPage() {
  const pages = Math.max(1, Math.ceil(figures.queues.length / ROWS));
  if (turns && performance.now() - turnedAt > TURN) turn();
  page %= pages;
  byId("queues").replaceChildren(...figures.queues.slice(page * ROWS, (page + 1) * ROWS).map(row));
  byId("page").hidden = pages === 1;
  text(byId("page"), turns ? t`Page ${page + 1} of ${pages}` : t`Page ${page + 1} of ${pages}, stopped`);
}

function turn() {
  page += 1;
  turnedAt = performance.now();
}

byId("page").addEventListener("click", () => { turns = false; turn(); draw(); });
setInterval(draw, 1000);
look.begin();
