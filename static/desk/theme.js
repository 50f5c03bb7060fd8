// Light, dark, or what the system says. Runs before the page is drawn, so that nothing flashes.

const root = document.documentElement;
const chosen = localStorage.getItem("livedesk.theme");
if (chosen) root.dataset.theme = chosen;

addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-theme-next]")) return;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("livedesk.theme", root.dataset.theme);
});
