// One handler for every copy button: the text is that of the code beside it, or what the address gives that the button names.
import { announce, words } from "./words.js";

// What is still on its way is promised to the clipboard: some browsers let only the click itself write to it.
async function copied(text) {
  if (navigator.clipboard?.write && window.ClipboardItem) {
    const blob = Promise.resolve(text).then((known) => new Blob([known], { type: "text/plain" }));
    try { return await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]); } catch { /* the old way below */ }
  }
  copiedByHand(await text);
}

// Pages that came over plain HTTP have no clipboard.
function copiedByHand(text) {
  const box = document.createElement("textarea");
  const before = document.activeElement;
  box.value = text;
  box.className = "sr-only";
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  before?.focus({ preventScroll: true });
  if (!done) throw new Error("not copied");
}

async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.text();
}

function say(button, sentence, isDone) {
  announce(sentence);
  if (button.matches(".tap")) {
    button.classList.toggle("done", isDone);
    setTimeout(() => button.classList.remove("done"), 1500);
    return;
  }
  const before = button.dataset.says ?? button.textContent;
  button.dataset.says = before;
  button.textContent = sentence;
  setTimeout(() => (button.textContent = before), 1500);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button.copy, [data-copy-from]");
  if (!button) return;
  const text = button.dataset.copyFrom ? fetched(button.dataset.copyFrom) : button.closest(".code, .copyable")?.querySelector("code").textContent;
  copied(text).then(() => say(button, words.copied, true), () => say(button, words.uncopied, false));
});
