// The evidence panel: a link with data-panel opens it beside the page, its state is in the address, Back closes it again.
import { connect } from "./stream.js";
import { localise } from "./times.js";

const small = matchMedia("(max-width: 48rem)");
let turns = 0;
let opener = null;

// On a phone the panel lies over everything; what is below it is out of reach then.
function cover() {
  const isCovered = small.matches && Boolean(document.querySelector(".panel"));
  for (const zone of document.querySelectorAll("#main, .rail, .bottom")) zone.inert = isCovered;
}
small.addEventListener("change", cover);
cover();

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
  const old = document.querySelector(".panel");
  if (!show) {
    old?.remove();
    cover();
    if (old && opener?.isConnected) opener.focus({ preventScroll: true });
  } else {
    waits(old);
    const at = here(show);
    const answer = await fetch(`/panel?show=${encodeURIComponent(show)}&at=${encodeURIComponent(location.pathname + location.search)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (turn !== turns) return;
    if (!answer?.ok) { location.href = at; return; }
    const made = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("panel");
    if (turn !== turns) return;
    document.querySelector(".panel")?.remove();
    document.getElementById("main").after(made);
    cover();
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
  const wasInside = link.closest("#panel");
  if (!wasInside) opener = link;
  history.pushState({ panel: show }, "", here(show));
  open(show).then(() => document.querySelector(wasInside ? "#panel .tabs [aria-current]" : "#panel [data-panel='']")?.focus({ preventScroll: true }));
});

// What is asked from a phone's sheet is answered in the chat below it.
document.addEventListener("submit", (event) => {
  if (small.matches && event.submitter?.closest("#panel")) setTimeout(() => document.querySelector(".panel [data-panel='']")?.click());
});

addEventListener("popstate", () => {
  const show = new URL(location.href).searchParams.get("panel") ?? "";
  const panel = document.querySelector(".panel");
  if (show !== (panel ? panel.dataset.show : "")) open(show);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  document.querySelector(".panel [data-panel='']")?.click();
});
