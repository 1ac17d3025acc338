// One handler for every copy button: the text is that of the code beside it, or of the message.
import { announce, words } from "./words.js";

async function copy(button, text) {
  await navigator.clipboard.writeText(text);
  const label = button.textContent;
  button.textContent = words.copied;
  announce(words.copied);
  setTimeout(() => { button.textContent = label === words.copied ? words.copy : label; }, 1500);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button.copy, [data-copy-message]");
  if (!button) return;
  const source = button.matches(".copy") ? button.closest(".code, .copyable")?.querySelector("code") : null;
  const text = source ? source.textContent : [...button.closest(".message").querySelectorAll(".prose")].map((prose) => prose.innerText).join("\n\n");
  copy(button, text).catch(() => {});
});
