// The tab's one event stream. It says what the page has (its last message, and how far that has come), and is sent what is missing:
// pieces of the answer that is being written, and lines: everything behind a message that both sides have.
import { watch } from "./scroll.js";
import { localise } from "./times.js";
import { announce, words } from "./words.js";

const log = document.getElementById("log");
let current = "";
let ready = false;

function wanted() {
  const chat = log?.dataset.chat ?? "";
  const live = document.querySelector("[data-live]")?.dataset.live ?? "";
  return chat || live ? `${chat} ${live}` : "";
}

function address() {
  const [chat, live] = wanted().split(" ");
  const query = new URLSearchParams();
  if (live) query.set("live", live);
  if (chat) {
    query.set("chat", chat);
    const last = [...log.querySelectorAll(".message")].pop();
    if (last) query.set("last", last.id.slice(2));
    if (last?.dataset.run) {
      query.set("run", last.dataset.run);
      query.set("after", document.getElementById(`seq-${last.dataset.run}`)?.value ?? 0);
    }
  }
  return `/stream?${query}`;
}

export function connect() {
  if (!ready || wanted() === current) return;
  current = wanted();
  const old = document.getElementById("stream");
  if (!old) return;
  const next = document.createElement("div");
  next.id = "stream";
  next.hidden = true;
  if (current) {
    next.setAttribute("hx-sse:connect", address());
    next.setAttribute("hx-swap", "none");
  }
  const reader = old._htmx?.sse?.reader;
  old.replaceWith(next);
  reader?.cancel().catch(() => {});
  if (current) window.htmx.process(next);
}

// A line: what follows the message `after` is replaced. Taking one twice does no harm.
document.addEventListener("line", (event) => {
  const { after, html, note, is_working } = JSON.parse(event.detail.data);
  const anchor = after && document.getElementById(`m-${after}`);
  if (after && !anchor) { location.reload(); return; }
  while (anchor ? anchor.nextElementSibling : log.firstElementChild) (anchor ? anchor.nextElementSibling : log.firstElementChild).remove();
  const pieces = document.createRange().createContextualFragment(html);
  const made = [...pieces.children];
  log.append(pieces);
  document.getElementById("run-note").innerHTML = note;
  for (const one of made) {
    window.htmx.process(one);
    localise(one);
  }
  watch();
  if (is_working) announce(words.working);
});

// A run ended: nothing is written any more.
document.addEventListener("ended", (event) => document.querySelector(`[data-run="${event.detail.data}"]`)?.removeAttribute("data-run"));
document.addEventListener("said", (event) => {
  const sentence = words[event.detail.data];
  if (sentence) announce(sentence);
});

// Shown once it has lasted: a page that is being left, or a server that is back within a second, says nothing.
let lost = 0;
function lose() {
  lost ||= setTimeout(() => {
    document.body.dataset.lost = "";
    announce(words.lost);
  }, 1500);
}
document.addEventListener("htmx:sse:error", lose);
document.addEventListener("htmx:sse:after:connection", () => {
  clearTimeout(lost);
  lost = 0;
  if (!("lost" in document.body.dataset)) return;
  delete document.body.dataset.lost;
  announce(words.back);
});

// htmx makes a stream anew that broke, but not one that could not be opened in the first place.
document.addEventListener("htmx:error", (event) => {
  if (event.target.id !== "stream") return;
  lose();
  setTimeout(() => {
    current = "";
    connect();
  }, 1000);
});

document.addEventListener("htmx:after:swap", connect);

// A piece is taken once, and only by a page that shows its answer: the page knows how far it has come.
document.addEventListener("htmx:sse:before:message", (event) => {
  const { id, event: name } = event.detail.message; // an event without an id repeats the one before it
  if (name || !id || !event.detail.message.data.includes("hx-target=\"#seq-")) return;
  const [run, seq] = id.split(":");
  const come = document.getElementById(`seq-${run}`);
  if (!come || Number(seq) <= Number(come.value)) event.detail.cancelled = true;
});

// htmx goes over the whole body once when it starts; a connection made before would be made again by that.
function begin() {
  setTimeout(() => {
    ready = true;
    connect();
  });
}
if (document.readyState === "complete") begin();
else addEventListener("load", begin);
