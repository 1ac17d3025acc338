// One handler for every copy button: the text is that of the code beside it, or of the message.
import { announce, words } from "./words.js";

async function copy(button, text) {
  await navigator.clipboard.writeText(text);
  const isIcon = button.matches(".tap");
  if (isIcon) button.classList.add("done");
  else button.textContent = words.copied;
  announce(words.copied);
  setTimeout(() => {
    if (isIcon) button.classList.remove("done");
    else button.textContent = words.copy;
  }, 1500);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button.copy, [data-copy-message]");
  if (!button) return;
  const source = button.matches(".copy") ? button.closest(".code, .copyable")?.querySelector("code") : null;
  const text = source ? source.textContent : [...button.closest(".message").querySelectorAll(".prose, .said")].map((prose) => prose.innerText).join("\n\n");
  copy(button, text).catch(() => {});
});
