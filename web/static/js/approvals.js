// A click that was begun before the card could be read approves nothing: not one meant for what stood there a moment ago,
// not the second half of a double click that another window began, and none that a script makes. Until then the buttons say so.
import { words } from "./words.js";

const CALM = 500;
const BUTTONS = "button[name=decision]:not([value=refuse])";
const shown = new WeakMap();
let arrived = performance.now();
let waits = 0;
let answering = false;

const forms = () => document.querySelectorAll("form[data-approval]");
const missing = (form) => CALM - (performance.now() - Math.max(arrived, shown.get(form) ?? Infinity));

function mark() {
  clearTimeout(waits);
  const left = [];
  for (const form of forms()) {
    const wait = missing(form);
    if (wait >= 0 && wait <= CALM) left.push(wait);
    for (const button of form.querySelectorAll(BUTTONS)) button.ariaDisabled = wait >= 0 ? "true" : null;
  }
  if (left.length) waits = setTimeout(mark, Math.max(...left) + 10);
}

function arrive() {
  arrived = performance.now();
  mark();
}
addEventListener("focus", arrive);
document.addEventListener("visibilitychange", arrive);

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting && !shown.has(entry.target)) shown.set(entry.target, performance.now());
  mark();
});
function watch() {
  const all = forms();
  for (const form of all) seen.observe(form);
  if (all.length) mark();
}
watch();
new MutationObserver(watch).observe(document.body, { childList: true, subtree: true });

document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest?.(`form[data-approval] ${BUTTONS}`);
    if (!button || (event.isTrusted && missing(button.form) < 0)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

// Who answered with the keyboard goes on in the message box: the button that had the focus is gone.
document.addEventListener("htmx:after:swap", () => {
  if (!answering || document.activeElement !== document.body) return;
  answering = false;
  document.getElementById("message")?.focus({ preventScroll: true });
});
document.addEventListener("keydown", (event) => {
  answering = [" ", "Enter"].includes(event.key) && Boolean(event.target.closest?.("form[data-approval]"));
});
document.addEventListener("pointerdown", () => { answering = false; });

// The page of what needs somebody: what was answered elsewhere or has expired says so in its place, what is asked since joins the end.
const needs = document.getElementById("needs");
async function renew() {
  const answer = await fetch("/needs-you");
  if (!answer.ok) return;
  const now = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const form of needs.querySelectorAll("form[data-approval]:not(.htmx-request)")) {
    const card = form.closest("section");
    if (now.getElementById(card.id)) continue;
    const gone = document.createElement("p");
    gone.className = "answered small quiet";
    gone.textContent = words.elsewhere;
    card.replaceWith(gone);
  }
  for (const one of now.getElementById("needs")?.children ?? []) {
    if (document.getElementById(one.id)) continue;
    needs.append(one);
    window.htmx.process(one);
  }
}
if (needs) document.addEventListener("needs", renew);
