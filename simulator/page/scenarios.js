// Scenarios: which are played, and which could be.

import { act, find, h, keyed, knock } from "./dom.js";

export function start() {
  const form = find("plays");
  form.addEventListener("submit", act(() => knock("/sim/scenario", { name: form.elements.scenario.value })));
  act(async () => {
    const { known } = await knock("/sim/scenario");
    form.elements.scenario.append(...Object.entries(known).map(([name, title]) => h("option", { value: name }, title)));
  })();
}

export function draw(state) {
  keyed(find("plays-list"), state.plays, chip);
}

function chip(name) {
  const title = h("span"), stop = h("button", { type: "button", onclick: act(() => knock("/sim/scenario", { stop: name })) }, "×");
  const node = h("li", {}, title, stop);
  node.show = (play) => {
    title.textContent = play.title;
    stop.setAttribute("aria-label", `Stop: ${play.title}`);
  };
  return node;
}
