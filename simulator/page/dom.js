// The little that drawing needs. Text only ever becomes text: there is no way from a string to HTML in here.

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

export const find = (id) => document.getElementById(id);

export function text(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

/** One node for each entry [key, view], in this order. `make(key)` gives a node with show(view), asked only if the view is another. */
export function keyed(parent, entries, make) {
  const nodes = (parent.nodesByKey ??= new Map());
  const wanted = new Set(entries.map(([key]) => key));
  for (const [key, node] of nodes) {
    if (!wanted.has(key)) {
      node.remove();
      nodes.delete(key);
    }
  }
  let place = parent.firstElementChild;
  for (const [key, view] of entries) {
    let node = nodes.get(key);
    if (!node) nodes.set(key, (node = make(key)));
    if (node.view !== view) node.show((node.view = view));
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
}

/** What is shown stays where it is, and shows how it is now. */
export function refreshed(parent, entries) {
  for (const [key, view] of entries) {
    const node = parent.nodesByKey?.get(key);
    if (node && node.view !== view) node.show((node.view = view));
  }
}

/** Knocks at a control door. What it refuses is an Error with its sentence. */
export async function knock(path, body) {
  const how = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(path, { cache: "no-store", ...how });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.error);
  return content;
}

let hush;
export function toast(words) {
  const node = find("toast");
  node.textContent = words;
  node.classList.add("shown");
  clearTimeout(hush);
  hush = setTimeout(() => node.classList.remove("shown"), 6000);
}

/** An event listener that says what went wrong. */
export const act = (deed) => async (event) => {
  event?.preventDefault();
  try {
    await deed(event);
  } catch (error) {
    toast(error.message);
  }
};

// Simulated time: what the last look said, and what has passed since, at the run's pace.
let seen = 0, at = 0, pace = 1;
export function setClock(now, speed) {
  [seen, at, pace] = [Date.parse(now), performance.now(), speed];
}
/** Nobody says what time it is any more: it stays what it was. */
export function stopClock() {
  setClock(new Date(now()).toISOString(), 0);
}
export const now = () => seen + (performance.now() - at) * pace;

/** How long it has lasted, or did last if it is over. */
export function lasting(since, until) {
  const seconds = Math.max(0, Math.floor(((until ? Date.parse(until) : now()) - Date.parse(since)) / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (figure) => String(figure).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** A node that shows how long, and goes on counting until it is over. */
export function showLasting(node, since, until) {
  if (until) delete node.dataset.since;
  else node.dataset.since = since;
  text(node, lasting(since, until));
}

export const clock = (iso) => iso.slice(11, 19);
export const short = (sid) => (sid ? `${sid.slice(0, 2)}…${sid.slice(-4)}` : "");

export function tick() {
  for (const node of document.querySelectorAll("[data-since]")) text(node, lasting(node.dataset.since));
}
