// What the figures of the floor mean: which of them are near or over their target, in words and in bars. Pure.

import { t, tenths } from "./say.js";
import { clock } from "./words.js";

const FAR = 0.75; // of the target share of all queues together; at or below it is red
const GIVE_UP = { attention: 5, breach: 10 }; // of a hundred
const ORDER = ["", "attention", "breach"];

const sum = (numbers) => numbers.reduce((all, each) => all + each, 0);
const over = (value, limits) => (value > limits.breach ? "breach" : value > limits.attention ? "attention" : "");
export const worst = (looks) => ORDER[Math.max(0, ...looks.map((look) => ORDER.indexOf(look)))];
const ageOf = (queue, now) => (queue.oldest ? Math.max(0, now - Date.parse(queue.oldest)) : 0);

const reached = (value, [amber, red] = [Infinity, Infinity]) => (value >= red ? "breach" : value >= amber ? "attention" : "");

/** `now`: ms, the server's clock. Each "", "attention" or "breach", by the marks of the alarms: what is switched off there has none. */
export function looksOf(queue, now) {
  const { waiting, wait, service = [0, -1] } = queue.marks, short = queue.level !== null && queue.level < queue.target_percent;
  const level = queue.level !== null && queue.level <= service[1] ? "breach" : short ? "attention" : "";
  return { waiting: reached(queue.waiting, waiting), oldest: queue.oldest ? reached(ageOf(queue, now) / 1000, wait) : "", level };
}

const levelLook = (level, target) => (level === null || level >= target ? "" : level <= FAR * target ? "breach" : "attention");

export const oldestOf = (queue, now) => (queue.oldest ? clock(ageOf(queue, now)) : "–");
export const levelOf = (queue) => (queue.level === null ? "–" : `${queue.level} %`);
export const aimOf = (queue) => t`target ${queue.target_percent} % in ${queue.target_seconds} s`;
export const busyIn = (staff) => staff.busy + staff["wrap-up"];

/** How many of a hundred gave up in the half hour; null without anybody. */
export function gaveUp(queues) {
  const gone = sum(queues.flatMap((queue) => queue.gave_up)), all = gone + sum(queues.flatMap((queue) => [...queue.in_target, ...queue.late]));
  return all ? (100 * gone) / all : null;
}

export const gaveUpWords = (share) => (share === null ? "–" : `${tenths(share)} %`);

/** The half hour as bars, the oldest on the left: [{x, y, width, height, kind}]. A quiet queue's single call is no mountain. */
export function bars(queue, width = 72, height = 18) {
  const kinds = ["in_target", "late", "gave_up"], step = width / queue.late.length;
  const totals = queue.late.map((_, place) => sum(kinds.map((kind) => queue[kind][place])));
  const unit = height / Math.max(4, ...totals);
  return totals.flatMap((_, place) => {
    let y = height;
    return kinds.filter((kind) => queue[kind][place]).map((kind) => {
      const tall = queue[kind][place] * unit;
      y -= tall;
      return { x: place * step, y, width: step - 2, height: tall, kind };
    });
  });
}

export function barsWords(queue) {
  const [inTime, late, gone] = [queue.in_target, queue.late, queue.gave_up].map(sum);
  return t`In the last half hour ${inTime} answered in time, ${late} later, ${gone} gave up`;
}

// The large figures of a wallboard --------------------------------------------------------------------------------

/** [{name, value, unit, aim, look}] of {queues, staff}. */
export function tiles({ queues, staff }, now) {
  return [longest(queues, now), waiting(queues, now), level(queues), free(staff, queues), gone(queues)];
}

/** The bar's figures: {waiting, level, free}, each {value, word, look}. */
export function summary({ queues, staff }, now) {
  const [wait, many, share, agents] = [longest(queues, now), waiting(queues, now), level(queues), free(staff, queues)];
  const oldest = wait.value === "–" ? t`waiting` : t`waiting, oldest ${wait.value}`, aims = [...new Set(queues.map((queue) => queue.target_percent))];
  return {
    waiting: { value: many.value, word: oldest, look: worst([many.look, wait.look]) },
    level: { value: share.value + (share.unit && ` ${share.unit}`), word: aims.length === 1 ? t`in time, of ${aims[0]} %` : t`in time`, look: share.look },
    free: { value: agents.value, word: t`agents free`, look: agents.look },
  };
}

function longest(queues, now) {
  const [first] = queues.filter((queue) => queue.oldest).sort((a, b) => (a.oldest < b.oldest ? -1 : 1));
  if (!first) return { name: t`Longest wait`, value: "–", unit: "", aim: t`nobody waits`, look: "" };
  const look = worst(queues.map((queue) => looksOf(queue, now).oldest));
  return { name: t`Longest wait`, value: oldestOf(first, now), unit: "", aim: t`target ${clock(1000 * first.target_seconds)}, ${first.name}`, look };
}

function waiting(queues, now) {
  const many = [...new Set(queues.map(({ marks }) => marks.waiting?.[1]))];
  const aim = many.length === 1 && many[0] ? t`${many[0]} in one queue are too many` : t`each queue has its limit`;
  return { name: t`Waiting`, value: String(sum(queues.map((queue) => queue.waiting))), unit: "", aim, look: worst(queues.map((queue) => looksOf(queue, now).waiting)) };
}

function level(queues) {
  const [inTime, all, aimed] = queues.reduce(([met, every, aim], queue) => {
    const calls = sum(queue.in_target) + sum(queue.late) + sum(queue.gave_up);
    return [met + sum(queue.in_target), every + calls, aim + calls * queue.target_percent];
  }, [0, 0, 0]);
  const share = all ? Math.floor((100 * inTime) / all) : null, targets = [...new Set(queues.map(aimOf))];
  const aim = targets.length === 1 ? targets[0] : all ? t`target ${Math.round(aimed / all)} %, by queue` : t`each queue has its target`;
  return { name: t`Service level`, value: share === null ? "–" : String(share), unit: share === null ? "" : "%", aim, look: levelLook(share, all ? aimed / all : 0) };
}

function free(staff, queues) {
  const signedIn = staff.available + busyIn(staff) + staff.away, somebodyWaits = queues.some((queue) => queue.waiting);
  return { name: t`Agents free`, value: String(staff.available), unit: "", aim: t`of ${signedIn} signed in`, look: somebodyWaits && !staff.available ? "attention" : "" };
}

function gone(queues) {
  const share = gaveUp(queues), [value, unit = ""] = gaveUpWords(share).split(" ");
  return { name: t`Gave up`, value, unit, aim: t`target at most ${GIVE_UP.attention} %`, look: over(share ?? 0, GIVE_UP) };
}
