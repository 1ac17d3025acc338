// The tab's one event stream. What it should carry is read from the page: the run that is live, and the panel or page that shows calls.
// How far the page has come stands in the page itself (<data id="seq-…">), swapped together with what was appended, so a new
// connection repeats nothing and misses nothing.
import { announce, words } from "./words.js";

let current = "";
let ready = false;

function wanted() {
  const chat = document.getElementById("log")?.dataset.chat;
  const run = [...document.querySelectorAll(".message[data-run]")].pop()?.dataset.run;
  const live = document.querySelector("[data-live]")?.dataset.live;
  if (!run && !live) return "";
  const query = new URLSearchParams();
  if (chat) query.set("chat", chat);
  if (run) query.set("run", run);
  if (live) query.set("live", live);
  return `/stream?${query}`;
}

export function connect() {
  if (!ready) return;
  const url = wanted();
  if (url === current) return;
  current = url;
  const old = document.getElementById("stream");
  if (!old) return;
  const next = document.createElement("div");
  next.id = "stream";
  next.hidden = true;
  if (url) {
    const run = new URLSearchParams(url.split("?")[1]).get("run");
    const after = run && document.getElementById(`seq-${run}`)?.value;
    next.setAttribute("hx-sse:connect", after ? `${url}&after=${after}` : url);
    next.setAttribute("hx-sse:close", "ended");
    next.setAttribute("hx-swap", "none");
  }
  const reader = old._htmx?.sse?.reader;
  old.replaceWith(next);
  reader?.cancel().catch(() => {});
  if (url) window.htmx.process(next);
}

// A run ended: the page no longer waits for it. Without anything else to hear, the stream stays closed.
document.addEventListener("ended", (event) => {
  document.querySelector(`[data-run="${event.detail.data}"]`)?.removeAttribute("data-run");
  current = "";
  connect();
});
document.addEventListener("said", (event) => {
  const sentence = words[event.detail.data];
  if (sentence) announce(sentence);
});
document.addEventListener("htmx:sse:error", () => announce(words.lost));

document.addEventListener("htmx:after:swap", connect);

// Whatever is on its way twice is taken once: the page knows how far it has come.
document.addEventListener("htmx:sse:before:message", (event) => {
  const { id, event: name } = event.detail.message; // a named event repeats the id of the message before it
  const run = new URLSearchParams(current.split("?")[1]).get("run");
  const come = Number(document.getElementById(`seq-${run}`)?.value);
  if (!name && id && Number(id) <= come) event.detail.cancelled = true;
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
