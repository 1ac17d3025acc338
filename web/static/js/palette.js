// ⌘K: search everything. `?` shows the shortcuts, `/` goes to the message box, `n` to a new chat.
const palette = document.getElementById("palette");
const shortcuts = document.getElementById("shortcuts");
const found = document.getElementById("palette-found");
let typing = 0;

if (!/Mac|iPhone|iPad/.test(navigator.platform)) for (const key of document.querySelectorAll("[data-mod]")) key.textContent = key.textContent.replace("⌘", key.textContent.length > 1 ? "Ctrl " : "Ctrl");

function show() {
  palette.showModal();
  palette.querySelector("input").select();
  if (!found.childElementCount) look("");
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

async function look(query) {
  const answer = await fetch(`/search?q=${encodeURIComponent(query)}`, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return;
  found.innerHTML = await answer.text();
  mark(0);
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
    typing = setTimeout(() => look(event.target.value), 120);
  });
  palette.addEventListener("keydown", (event) => {
    const links = [...found.querySelectorAll("a")];
    const at = links.findIndex((link) => link.classList.contains("is-marked"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark((at + (event.key === "ArrowDown" ? 1 : links.length - 1)) % Math.max(links.length, 1));
    }
    if (event.key === "Enter" && links[at]) {
      event.preventDefault();
      location.href = links[at].href;
    }
  });
}

document.addEventListener("keydown", (event) => {
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k" && palette) {
    event.preventDefault();
    show();
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
