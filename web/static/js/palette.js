// ⌘K: search everything. `?` shows the shortcuts, `/` goes to the message box, `n` to a new chat.
const palette = document.getElementById("palette");
const shortcuts = document.getElementById("shortcuts");
const found = document.getElementById("palette-found");
let typing = 0;
let turn = 0;
let asked = null;
let answered = Promise.resolve();

if (!/Mac|iPhone|iPad/.test(navigator.platform)) for (const key of document.querySelectorAll("[data-mod]")) key.textContent = key.textContent.replace("⌘", key.textContent.length > 1 ? "Ctrl " : "Ctrl");

function show() {
  palette.showModal();
  palette.querySelector("input").select();
  if (!found.childElementCount) ask("");
  mark(0);
}

// The box keeps the focus; what is marked is told by `aria-activedescendant`. Only links make a listbox: with a sentence among them they stay links.
function mark(index) {
  const links = [...found.querySelectorAll("a")];
  const listed = links.length > 0 && !found.querySelector("p");
  const box = palette.querySelector("input");
  found.role = listed ? "listbox" : null;
  found.ariaLabel = listed ? box.ariaLabel : null;
  box.setAttribute("aria-expanded", String(listed));
  links.forEach((link, at) => {
    link.id = `found-${at}`;
    link.role = listed ? "option" : null;
    link.ariaSelected = listed ? String(at === index) : null;
    link.classList.toggle("is-marked", at === index);
  });
  if (listed) box.setAttribute("aria-activedescendant", `found-${index}`);
  else box.removeAttribute("aria-activedescendant");
  links[index]?.scrollIntoView({ block: "nearest" });
}

// Only the newest answer is shown, in whatever order they come.
async function look(query) {
  const mine = ++turn;
  const answer = await fetch(`/search?q=${encodeURIComponent(query)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  const html = answer?.ok ? await answer.text() : null;
  if (html === null || mine !== turn) return;
  found.innerHTML = html;
  mark(0);
}

function ask(query) {
  clearTimeout(typing);
  asked = query;
  answered = look(query);
}

// Who types quickly goes to what was typed, not to what still stands there from before.
async function go(query) {
  if (query !== asked) ask(query);
  await answered;
  const link = found.querySelector("a.is-marked");
  if (link && palette.open) location.href = link.href;
}

if (palette) {
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette]") || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    show();
  });
  palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
  palette.querySelector("input").addEventListener("input", (event) => {
    clearTimeout(typing);
    typing = setTimeout(() => ask(event.target.value), 120);
  });
  palette.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault(); // a search field would only empty itself
      palette.close();
      return;
    }
    const links = [...found.querySelectorAll("a")];
    const at = links.findIndex((link) => link.classList.contains("is-marked"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark((at + (event.key === "ArrowDown" ? 1 : links.length - 1)) % Math.max(links.length, 1));
    }
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      if (event.target.matches("a")) location.href = event.target.href;
      else go(palette.querySelector("input").value);
    }
  });
}

document.addEventListener("keydown", (event) => {
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k" && palette) {
    event.preventDefault();
    if (palette.open) palette.close();
    else show();
    return;
  }
  if (event.target.closest("input, textarea, select, [contenteditable]") || event.metaKey || event.ctrlKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "?") shortcuts?.showModal();
  if (event.key === "n" && shortcuts) location.href = "/";
  if (event.key === "/" && document.getElementById("message")) {
    event.preventDefault();
    document.getElementById("message").focus();
  }
});
