// The sentences that scripts need, in the page's language, and the status line that screen readers hear.
export const words = JSON.parse(document.body.dataset.words || "{}");

export function announce(sentence) {
  const line = document.getElementById("status");
  if (line && line.textContent !== sentence) line.textContent = sentence;
}
