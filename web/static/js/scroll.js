// The view follows the conversation only while the reader is at its end; otherwise a pill says that there is more.
// What is older is fetched before the reader gets there, and nothing that is being read moves.
import { localise } from "./times.js";

const NEAR = 64;
const AT_ONCE = 8;
const reader = document.getElementById("reader");
const pill = document.getElementById("new-pill");
const log = document.getElementById("log");
let follows = true;
let last = 0;
let touched = 0;

export function toEnd() {
  if (!reader) return;
  follows = true;
  reader.scrollTop = reader.scrollHeight;
  if (pill) pill.hidden = true;
}

function atEnd() {
  return reader.scrollHeight - reader.scrollTop - reader.clientHeight <= NEAR;
}

async function older(link) {
  if (link.getAttribute("aria-busy")) return;
  link.setAttribute("aria-busy", "true");
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok || !link.isConnected) { link.removeAttribute("aria-busy"); return; }
  const pieces = document.createRange().createContextualFragment(await answer.text());
  const further = pieces.querySelector("[data-older]");
  further?.remove();
  for (let some = [...pieces.children].slice(-AT_ONCE); some.length && link.isConnected; some = [...pieces.children].slice(-AT_ONCE)) {
    put(link, some);
    await new Promise(requestAnimationFrame);
  }
  if (further) link.replaceWith(further);
  else link.remove();
  watch();
}

// A few at a time, the newest first: all at once would take longer than a frame.
function put(link, some) {
  const anchor = link.nextElementSibling;
  const at = anchor?.getBoundingClientRect().top;
  link.after(...some);
  if (anchor) reader.scrollTop += anchor.getBoundingClientRect().top - at;
  for (const one of some) {
    window.htmx.process(one);
    localise(one);
  }
}

const sight = reader && new IntersectionObserver((seen) => { for (const one of seen) if (one.isIntersecting) older(one.target); }, { root: reader, rootMargin: "1200px 0px 0px 0px" });

export function watch() {
  sight?.disconnect();
  for (const link of log?.querySelectorAll("[data-older]") ?? []) sight.observe(link);
}

if (reader) {
  reader.addEventListener("scroll", () => {
    if (atEnd()) follows = true;
    else if (reader.scrollTop < last && Date.now() - touched < 1000) follows = false; // the layout moves it too; only the reader decides
    last = reader.scrollTop;
    if (follows && pill) pill.hidden = true;
  }, { passive: true });
  for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    addEventListener(kind, (event) => {
      const isTyping = kind === "keydown" && (event.target.closest("textarea, input, select") || !["PageUp", "ArrowUp", "Home", " "].includes(event.key));
      if (!isTyping) touched = Date.now();
    }, { passive: true, capture: true });
  }
  pill?.addEventListener("click", toEnd);
  log?.addEventListener("click", (event) => {
    const link = event.target.closest("[data-older]");
    if (!link) return;
    event.preventDefault();
    older(link);
  });
  if (log) {
    let height = 0;
    new ResizeObserver(() => {
      const grew = log.offsetHeight > height;
      height = log.offsetHeight;
      if (follows) reader.scrollTop = reader.scrollHeight;
      else if (grew && pill && log.querySelector("[data-run]")) pill.hidden = false;
    }).observe(log);
    const named = location.hash.startsWith("#m-") && document.getElementById(location.hash.slice(1));
    if (named) follows = false;
    else toEnd();
    watch();
  }
}
