// A threshold's form: how often it would have been passed in the last day, before it is saved.

import { said, t } from "../desk/say.js";

const form = document.querySelector("#threshold_form"), row = form?.querySelector(".submit-row");
if (row) {
  const button = document.createElement("button"), words = document.createElement("p");
  button.type = "button";
  button.className = "button preview";
  button.textContent = t`Preview by the last 24 hours`;
  words.className = "preview-said";
  words.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    button.disabled = true;
    words.textContent = "";
    try {
      const answer = await fetch(location.pathname.replace(/(add|change)\/$/, "preview/"), { method: "POST", body: new FormData(form), redirect: "error" });
      words.textContent = said((await answer.json()).words);
    } catch {
      words.textContent = t`No answer came. Load this page again.`;
    }
    button.disabled = false;
  });
  row.append(button);
  row.after(words);
}
