// The message box: Enter sends, Shift+Enter breaks, ↑ takes up the last message, drafts survive a reload.
import { toEnd } from "./scroll.js";
import { announce, words } from "./words.js";

const form = document.querySelector("#composer form.box");
const box = document.getElementById("message");

function key() { return `draft:${form.dataset.draft}`; }

function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, innerHeight * 0.4)}px`;
}

if (form && box) {
  if (!box.value) box.value = localStorage.getItem(key()) || "";
  grow();
  if (!matchMedia("(max-width: 48rem)").matches) box.focus({ preventScroll: true });

  box.addEventListener("input", () => {
    grow();
    if (box.value) localStorage.setItem(key(), box.value);
    else localStorage.removeItem(key());
  });

  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (box.value.trim() && !form.querySelector("[data-stop]")) form.requestSubmit(form.querySelector(".send"));
    }
    if (event.key === "ArrowUp" && !box.value) {
      const mine = [...document.querySelectorAll(".message.user")].pop();
      if (mine) {
        event.preventDefault();
        box.value = mine.textContent;
        grow();
      }
    }
  });

  // A suggestion is sent as it is; what stands in the box stays there.
  let isSuggested = false;

  // The server answers a sent message with what to append; a refused one with a sentence, and the text stays in the box.
  form.addEventListener("htmx:after:request", (event) => {
    const response = event.detail.ctx.response;
    if (event.target !== form || !response || response.status >= 400) return;
    if (!isSuggested) {
      localStorage.removeItem(key());
      box.value = "";
      grow();
    }
    announce(words.working);
    toEnd();
  });

  form.addEventListener("submit", (event) => {
    isSuggested = event.submitter?.name === "suggested";
    if (!event.submitter?.matches("[data-stop]")) localStorage.setItem(key(), box.value);
  });

  // The new chat's own page is where its draft would be found, so it is dropped there.
  if (form.dataset.draft !== "new" && document.referrer && new URL(document.referrer).pathname === "/") localStorage.removeItem("draft:new");
}
