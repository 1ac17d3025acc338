// Files for a message: picked, pasted or dropped, uploaded at once, shown as chips that can be taken back, sent with the message.
import { announce } from "./words.js";

const form = document.querySelector("#composer form.box");
const list = document.getElementById("attached");
const picker = document.getElementById("file");
let uploading = 0;
let sendWhenDone = false;

function token() { return form.querySelector("input[name=csrf]").value; }

function say(sentence) {
  const notice = document.createElement("div");
  notice.className = "notice bad";
  notice.setAttribute("role", "alert");
  notice.textContent = sentence;
  document.getElementById("composer-problem").replaceChildren(notice);
}

function chip(name) {
  const item = document.createElement("li");
  const text = document.createElement("span");
  text.className = "cut";
  text.textContent = name;
  item.append(text);
  item.setAttribute("aria-busy", "true");
  list.append(item);
  list.hidden = false;
  return item;
}

function settle(item, stored) {
  item.removeAttribute("aria-busy");
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "attachment";
  field.value = stored.id;
  const remove = document.createElement("button");
  remove.type = "button";
  remove.textContent = "×";
  remove.setAttribute("aria-label", list.dataset.remove.replace("{name}", stored.file_name));
  remove.addEventListener("click", () => {
    drop(item);
    fetch(`/attachments/${stored.id}/delete`, { method: "POST", headers: { "x-csrftoken": token() } });
    document.getElementById("message").focus();
  });
  item.append(field, remove);
}

function drop(item) {
  item.remove();
  list.hidden = !list.childElementCount;
}

async function upload(file) {
  const item = chip(file.name);
  const body = new FormData();
  body.append("file", file, file.name);
  uploading += 1;
  announce(list.dataset.uploading);
  try {
    const answer = await fetch("/attachments", { method: "POST", body, headers: { "x-csrftoken": token(), accept: "application/json" } });
    const found = await answer.json();
    if (answer.ok) settle(item, found);
    else {
      drop(item);
      say(`${found.detail} ${found.remedy || ""}`.replaceAll("`", ""));
    }
  } catch {
    drop(item);
    say(JSON.parse(document.body.dataset.words).failed);
  } finally {
    uploading -= 1;
    if (!uploading && sendWhenDone) {
      sendWhenDone = false;
      form.requestSubmit(form.querySelector(".send, .wait"));
    }
  }
}

function take(files) {
  for (const file of files) upload(file);
}

if (form && list && picker) {
  picker.addEventListener("change", () => {
    take(picker.files);
    picker.value = "";
  });
  form.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    take(event.clipboardData.files);
  });
  const place = form.closest(".chat") || form;
  place.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    form.classList.add("is-target");
  });
  for (const end of ["dragleave", "drop"]) place.addEventListener(end, () => form.classList.remove("is-target"));
  place.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });
  addEventListener("submit", (event) => {
    if (event.target !== form || !uploading || event.submitter?.matches("[data-stop]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    sendWhenDone = true;
  }, true);
  form.addEventListener("htmx:after:request", (event) => {
    const { response, request } = event.detail.ctx;
    if (event.target !== form || !response || response.status >= 400 || request.action.includes("/stop")) return;
    list.replaceChildren();
    list.hidden = true;
  });
}
