// Every key of the desk, once: what is pressed, what the sheet of keys says and what the hints show all follow from here. Pure.

import { t } from "./say.js";

/** What stands over them. */
export const GROUPS = { move: t`Move`, desk: t`The desk`, call: t`The open call` };

/**
 * `key`: one character, or two one after the other ("g q"); people may choose another one, or have none of them (WCAG 2.1.4).
 * `always`: no character, so nobody types or says it by mistake: it stays. `verbs`: wishes, of which the first that has a button is made;
 * `needs`: it is for who may make one of these somewhere. `goes`: an address, for who has a link to it. `hint`: what the list's foot calls it.
 */
export const DEEDS = [
  { name: "next", group: "move", key: "j", always: ["ArrowDown"], words: t`next call`, hint: t`next` },
  { name: "previous", group: "move", key: "k", always: ["ArrowUp"], words: t`previous call`, hint: t`previous` },
  { name: "open", group: "move", always: ["Enter"], words: t`open the call`, hint: t`open` },
  { name: "close", group: "move", always: ["Escape"], words: t`close what is open` },
  { name: "find", group: "move", key: "/", words: t`find a caller, an agent, a line or a SID` },
  { name: "longest", group: "move", key: "w", words: t`go to who waits longest` },
  { name: "apply", group: "move", key: "r", words: t`apply the changes that wait while your hand is in the list` },
  { name: "all", group: "desk", key: "a", needs: ["announce", "redirect", "end"], words: t`announce to, redirect or end all calls that are shown; asks for their number` },
  { name: "view", group: "desk", key: "v", words: t`keep what the list shows as a view, or change the one that is shown` },
  { name: "queues", group: "desk", key: "g q", goes: "/queues/", words: t`go to the queues` },
  { name: "wallboard", group: "desk", key: "g w", goes: "/wallboard/", words: t`go to the wallboard` },
  { name: "alarms", group: "desk", key: "g a", words: t`go to the alarms` },
  { name: "me", group: "desk", key: "g p", goes: "/me/", words: t`go to your preferences` },
  { name: "palette", group: "desk", always: ["Ctrl-K"], words: t`find anything: a wish, a caller, a queue, a page`, hint: t`anything` },
  { name: "help", group: "desk", key: "?", words: t`this list`, hint: t`all keys` },
  ...[
    { name: "monitor", key: "l", words: t`listen; your telephone rings` },
    { name: "whisper", key: "c", words: t`whisper to the agent` },
    { name: "barge", key: "b", words: t`speak to everybody` },
    { name: "take_over", key: "o", verbs: ["hand_back", "take_over"], words: t`take the call over, or give it back` },
    { name: "transfer", key: "t", words: t`transfer the call: to whom, and what it does, comes first`, hint: t`transfer` },
    { name: "announce", key: "n", words: t`announce something to one of its legs, or to all`, hint: t`announce` },
    { name: "hold", key: "h", verbs: ["resume", "hold"], words: t`put somebody on hold; again, take them off`, hint: t`hold` },
    { name: "mute", key: "m", verbs: ["unmute", "mute"], words: t`mute somebody; again, unmute them` },
    { name: "pull", key: "p", words: t`pull a waiting caller out of the queue` },
    { name: "front", key: "f", words: t`bring a waiting caller to the front of the queue` },
    { name: "end", key: "e", words: t`end the call or one leg; asks first`, hint: t`end` },
  ].map(({ name, verbs = [name], ...rest }) => ({ name, group: "call", verbs, needs: verbs, ...rest })),
  { name: "undo", group: "call", key: "x", needs: ["end"], words: t`take back what was pressed last` },
];

/** By deed: the character that does it for this person, "" if none. Whose own choice takes another one's key leaves that without. */
export function keymap({ keys = {}, off = false } = {}) {
  const map = new Map(DEEDS.map(({ name }) => [name, ""]));
  if (off) return map;
  const chosen = ({ name }) => name in keys, lettered = DEEDS.filter(({ key }) => key);
  for (const { name, key } of [...lettered.filter(chosen), ...lettered.filter((deed) => !chosen(deed))]) {
    const wanted = keys[name] ?? key, taken = [...map.values()].some((other) => clash(wanted, other));
    if (!taken) map.set(name, wanted);
  }
  return map;
}

/** The same key, or one that is over before the other could be pressed. */
export const clash = (one, other) => Boolean(one && other) && (one === other || one.startsWith(`${other} `) || other.startsWith(`${one} `));

/** What was pressed as a key is written here; "" for what never is one of ours. */
export function pressed({ key = "", ctrlKey, altKey, metaKey, shiftKey }) {
  const letter = key.length === 1 ? key.toLowerCase() : key;
  if ((ctrlKey || metaKey) && !altKey && !shiftKey && letter === "k") return "Ctrl-K";
  return ctrlKey || altKey || metaKey ? "" : letter;
}

/** What a key does: {name}, after `before` ("" or the first of two); {waits} if a second one is to come; or nothing. */
export function meaning(map, key, before = "") {
  const always = DEEDS.find((deed) => deed.always?.includes(key));
  if (always) return { name: always.name };
  const whole = before ? `${before} ${key}` : key;
  for (const [name, wanted] of map) if (wanted === whole) return { name };
  if (before) return meaning(map, key);
  return [...map.values()].some((wanted) => wanted.startsWith(`${key} `)) ? { waits: key } : {};
}

const CAPS = { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc", " ": t`Space` };
/** As it stands on the keyboard: "g q" is two caps. */
export const capsOf = (key) => (key ? key.split(" ") : []).map((cap) => CAPS[cap] ?? (cap.length === 1 ? cap.toUpperCase() : cap));

/** All keys of a deed for this person, each as its caps. */
export const waysOf = (map, { name, always = [] }) => [map.get(name), ...always].filter(Boolean).map(capsOf);

/** The deed that makes this wish, and may stand for others beside it. */
export const deedFor = (verb) => DEEDS.find(({ verbs }) => verbs?.includes(verb));
