// Alarms in words and figures: what is told of each, which are loud, and what is new. Pure.

import { some, t } from "./say.js";
import { clock, timeOfDay } from "./words.js";

export const WHAT = {
  waiting: t`Callers waiting`, wait: t`Longest wait`, service: t`Service level`, hold: t`On hold`, talk: t`Talk time`, unverified: t`Unverified`,
};
const LOOKS = { red: { icon: "breach", look: "is-breach", word: t`Over` }, amber: { icon: "attention", look: "is-attention", word: t`Nearly over` } };

/** {what, where, value, limit, more, icon, look, word} of an alarm at `now` (ms, the server's clock). */
export function told(alarm, now) {
  const { kind, began, number, severity } = alarm;
  const figure = (value) => (kind === "service" ? `${Math.round(value)} %` : kind === "waiting" ? String(Math.round(value)) : clock(value * 1000));
  const more = began && number > 1 ? some(number, "{0} call", "{0} calls") : "";
  return {
    what: WHAT[kind] ?? kind, where: alarm.where, value: began ? clock(now - Date.parse(began)) : figure(alarm.value),
    limit: figure(alarm.limit), more, ...LOOKS[severity],
  };
}

export const snoozed = (alarm, now) => Boolean(alarm.snoozed_until) && Date.parse(alarm.snoozed_until) > now;
/** Nobody has said anything to it yet. */
export const loud = (alarm, now) => !alarm.acked_at && !snoozed(alarm, now);

/** Who sees to it, or until when it is quiet. */
export function seenTo(alarm, now, me = "") {
  if (snoozed(alarm, now)) return t`Snoozed until ${timeOfDay(alarm.snoozed_until).slice(0, 5)}`;
  if (!alarm.acked_at) return "";
  return alarm.owner === me ? t`You see to it` : t`${alarm.owner || t`Somebody`} sees to it`;
}

/** Loud ones first, red before amber, then as they came. */
export function inOrder(alarms, now) {
  const rank = (alarm) => (loud(alarm, now) ? 0 : 2) + (alarm.severity === "red" ? 0 : 1);
  return alarms.map((alarm, place) => [rank(alarm), place, alarm]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, , alarm]) => alarm);
}

/** The tab's title: how many are loud comes before everything else. */
export function titleOf(alarms, now, rest) {
  const count = alarms.filter((alarm) => loud(alarm, now)).length;
  return count ? `(${count}▲) ${rest}` : rest;
}

/** What became loud since the last look. `heard`: a set of names, changed here; what is over, or quiet, is forgotten. */
export function fresh(alarms, heard, now) {
  const name = (alarm) => `${alarm.id}:${alarm.severity}`, due = alarms.filter((alarm) => loud(alarm, now));
  const news = due.filter((alarm) => !heard.has(name(alarm)));
  const still = new Set(due.map(name));
  for (const one of heard) if (!still.has(one)) heard.delete(one);
  for (const one of still) heard.add(one);
  return news;
}

/** For who listens to the page: one sentence for all of them. */
export function spoken(news, now) {
  const each = news.slice(0, 3).map((alarm) => {
    const { what, where, value, limit } = told(alarm, now);
    return t`${what}, ${where}: ${value} of ${limit}`;
  });
  return news.length > 3 ? `${each.join(". ")}. ${t`And ${news.length - 3} more.`}` : `${each.join(". ")}.`;
}
