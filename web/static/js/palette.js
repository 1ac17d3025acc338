// ⌘K: search everything. `?` shows the shortcuts, `/` goes to the message box.
const palette = document.getElementById("palette");
const shortcuts = document.getElementById("shortcuts");
const found = document.getElementById("palette-found");
let typing = 0;

function show() {
  palette.showModal();
  palette.querySelector("input").select();
  if (!found.childElementCount) look("");
  mark(0);
}

function mark(index) {
  const links = [...found.querySelectorAll("a")];
  links.forEach((link, at) => link.setAttribute("aria-selected", String(at === index)));
  links[index]?.scrollIntoView({ block: "nearest" });
}

async function look(query) {
  const answer = await fetch(`/search?q=${encodeURIComponent(query)}`, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return;
  found.innerHTML = await answer.text();
  mark(0);
}

if (palette) {
  document.addEventListener("click", (event) => { if (event.target.closest("[data-palette]")) show(); });
  palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
  palette.querySelector("input").addEventListener("input", (event) => {
    clearTimeout(typing);
    typing = setTimeout(() => look(event.target.value), 120);
  });
  palette.addEventListener("keydown", (event) => {
    const links = [...found.querySelectorAll("a")];
    const at = links.findIndex((link) => link.getAttribute("aria-selected") === "true");
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
  if (event.key === "?") shortcuts?.showModal();
  if (event.key === "/" && document.getElementById("message")) {
    event.preventDefault();
    document.getElementById("message").focus();
  }
});
