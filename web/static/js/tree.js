// What can be done with a message: its further actions are fetched when they are opened, a quotation goes into the message box.
import { localise } from "./times.js";

document.addEventListener("toggle", async (event) => {
  const body = event.target.matches?.("details.more[open]") && event.target.querySelector("[data-fetch]");
  if (!body) return;
  const answer = await fetch(body.dataset.fetch, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok) return;
  body.removeAttribute("data-fetch");
  body.innerHTML = await answer.text();
  window.htmx.process(body);
  localise(body);
}, true);

// Marked words are quoted rather than the whole message; what is written already stays below.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-quote]");
  const box = document.getElementById("message");
  if (!link || !box) return;
  event.preventDefault();
  const message = document.getElementById(`m-${link.dataset.quote}`);
  const marked = getSelection();
  const isInside = !marked.isCollapsed && message.contains(marked.anchorNode);
  const text = isInside ? marked.toString() : [...message.querySelectorAll(".prose, .said")].map((part) => part.innerText).join("\n\n");
  box.value = `${text.trim().split("\n").map((line) => `> ${line}`.trimEnd()).join("\n")}\n\n${box.value}`;
  box.dispatchEvent(new Event("input"));
  box.focus();
  link.closest("details").open = false;
});
