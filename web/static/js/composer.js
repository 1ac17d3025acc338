// The message box: Enter sends (or queues while an answer is written), Shift+Enter breaks, ↑ edits the last message, drafts survive a reload.
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
  // What was sent goes; what was written meanwhile stays.
  function clear(text) {
    if (box.value.startsWith(text)) box.value = box.value.slice(text.length).trimStart();
    if (box.value) localStorage.setItem(key(), box.value);
    else localStorage.removeItem(key());
    grow();
  }

  if (!box.value) box.value = localStorage.getItem(key()) || "";
  grow();
  if (!matchMedia("(max-width: 48rem)").matches) box.focus({ preventScroll: true });

  // The switch for tools stays as it was left, until it is all of them again.
  const tools = document.getElementById("tools");
  tools.value = sessionStorage.getItem("tools") ?? "";
  tools.addEventListener("change", () => sessionStorage.setItem("tools", tools.value));

  box.addEventListener("input", () => {
    grow();
    if (box.value) localStorage.setItem(key(), box.value);
    else localStorage.removeItem(key());
  });

  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (box.value.trim()) form.requestSubmit(form.querySelector(".send, .wait"));
    }
    if (event.key === "ArrowUp" && !box.value) {
      const mine = [...document.querySelectorAll(".message.user [data-edit]")].pop();
      if (mine) {
        event.preventDefault();
        mine.click();
      }
    }
  });

  // A suggestion is sent as it is; what stands in the box stays there.
  let isSuggested = false;
  // What is on its way to the server is sent once, however often Enter is pressed.
  const underway = new Set();
  const textOf = (event) => event.detail.ctx.request.body?.get?.("message") ?? "";

  // A press of Stop is seen before the answer ends.
  form.addEventListener("htmx:before:request", (event) => {
    if (!event.target.matches("[data-stop]")) return;
    event.target.ariaDisabled = "true";
    const note = document.querySelector("#run-note .working");
    if (note) note.firstChild.textContent = words.stopping;
    announce(words.stopping);
  });

  // What was sent comes back by the page's stream; a refused message as a sentence, and the text stays in the box.
  form.addEventListener("htmx:after:request", (event) => {
    const response = event.detail.ctx.response;
    if (event.target !== form || !response || response.status >= 400) return;
    document.getElementById("composer-problem").replaceChildren();
    if (event.detail.ctx.request.action.includes("/stop")) return;
    if (!isSuggested) clear(textOf(event));
    if (!document.querySelector("#log[data-chat]")) location.href = form.action.replace(/\/messages$/, "");
    toEnd();
  });

  form.addEventListener("htmx:finally:request", (event) => {
    if (event.target === form) underway.delete(textOf(event));
  });

  form.addEventListener("submit", (event) => {
    if (event.submitter?.matches("[data-stop]")) return;
    isSuggested = event.submitter?.name === "suggested";
    if (!isSuggested && underway.has(box.value)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (!isSuggested) underway.add(box.value);
    localStorage.setItem(key(), box.value);
  }, true);

  // The new chat's own page is where its draft would be found, so it is dropped there.
  if (form.dataset.draft !== "new" && document.referrer && new URL(document.referrer).pathname === "/") localStorage.removeItem("draft:new");
}
