// The evidence panel: a link with data-panel opens it beside the page, its state is in the address, Back closes it again.
import { connect } from "./stream.js";
import { localise } from "./times.js";

function here(show) {
  const url = new URL(location.href);
  if (show) url.searchParams.set("panel", show);
  else url.searchParams.delete("panel");
  return url;
}

async function open(show) {
  const old = document.getElementById("panel");
  if (!show) {
    old?.remove();
  } else {
    const at = here(show);
    const answer = await fetch(`/panel?show=${encodeURIComponent(show)}&at=${encodeURIComponent(location.pathname + location.search)}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok) { location.href = at; return; }
    const made = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("panel");
    if (old) old.replaceWith(made);
    else document.getElementById("main").after(made);
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
