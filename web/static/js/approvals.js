// A click that was begun before the card could be read approves nothing: not one meant for what stood there a moment ago,
// not the second half of a double click that another window began.
const CALM = 500;
const shown = new WeakMap();
let arrived = performance.now();
const arrive = () => (arrived = performance.now());

addEventListener("focus", arrive);
document.addEventListener("visibilitychange", arrive);

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting && !shown.has(entry.target)) shown.set(entry.target, performance.now());
});
const watch = () => document.querySelectorAll("form[data-approval]").forEach((form) => seen.observe(form));
watch();
new MutationObserver(watch).observe(document.body, { childList: true, subtree: true });

document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest?.("form[data-approval] button[name=decision]");
    if (!button || button.value === "refuse") return;
    const since = Math.max(arrived, shown.get(button.form) ?? Infinity);
    if (!event.isTrusted || !(performance.now() - since > CALM)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  },
  true,
);
