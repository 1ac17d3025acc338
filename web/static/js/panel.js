// The evidence panel: a link with data-panel opens it beside the page, its state is in the address, Back closes it again.
import { connect } from "./stream.js";
import { localise } from "./times.js";

let turns = 0;

function here(show) {
  const url = new URL(location.href);
  if (show) url.searchParams.set("panel", show);
  else url.searchParams.delete("panel");
  return url;
}

// Room and a shape for what is on its way, so that the conversation moves once.
function waits(old) {
  const shape = document.getElementById("panel-waits");
  if (old) old.setAttribute("aria-busy", "true");
  else if (shape) document.getElementById("main").after(shape.content.cloneNode(true));
}

async function open(show) {
  const turn = ++turns;
  if (!show) {
    document.getElementById("panel")?.remove();
  } else {
    waits(document.getElementById("panel"));
    const at = here(show);
    const answer = await fetch(`/panel?show=${encodeURIComponent(show)}&at=${encodeURIComponent(location.pathname + location.search)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (turn !== turns) return;
    if (!answer?.ok) { location.href = at; return; }
    const made = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("panel");
    if (turn !== turns) return;
    document.getElementById("panel")?.remove();
    document.getElementById("main").after(made);
    window.htmx.process(made);
    localise(made);
  }
  connect();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-panel]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  if (!document.querySelector(".shell")) return;
  event.preventDefault();
  const show = link.dataset.panel;
  history.pushState({ panel: show }, "", here(show));
  open(show).then(() => document.querySelector("#panel [data-panel='']")?.focus({ preventScroll: true }));
});

addEventListener("popstate", () => open(new URL(location.href).searchParams.get("panel")));

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  document.querySelector("#panel [data-panel='']")?.click();
});
