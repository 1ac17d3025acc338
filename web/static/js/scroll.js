// The view follows the conversation only while the reader is at its end; otherwise a pill says that there is more.
const NEAR = 64;
const reader = document.getElementById("reader");
const pill = document.getElementById("new-pill");
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

if (reader) {
  const log = document.getElementById("log");
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
  if (log) {
    let height = 0;
    new ResizeObserver(() => {
      const grew = log.offsetHeight > height;
      height = log.offsetHeight;
      if (follows) reader.scrollTop = reader.scrollHeight;
      else if (grew && pill && log.querySelector("[data-run]")) pill.hidden = false;
    }).observe(log);
    toEnd();
  }
}
