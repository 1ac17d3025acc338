// While one types: `/` at the beginning offers prompts and what can be said, `@` offers APIs, documents and calls. What a prompt asks for is asked in a small form.
const form = document.querySelector("#composer form.box");
const box = document.getElementById("message");
const list = document.getElementById("offers");
const dialog = document.getElementById("fill");
let shown = [];
let at = 0;
let waits = 0;
let asked = "";

function typed() {
  const before = box.value.slice(0, box.selectionStart);
  const found = /^\/[a-z0-9_-]*$/i.exec(before) || /(?:^|\s)(@[\w.:-]*)$/.exec(before);
  return found ? found[1] ?? found[0] : "";
}

// What is still asked for is not wanted any more.
function close() {
  clearTimeout(waits);
  asked = "";
  shown = [];
  list.hidden = true;
  list.replaceChildren();
  box.removeAttribute("aria-activedescendant");
}

function mark(index) {
  at = (index + shown.length) % shown.length;
  [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
  box.setAttribute("aria-activedescendant", list.children[at].id);
  list.children[at].scrollIntoView({ block: "nearest" });
}

function show(offers) {
  shown = offers;
  if (!shown.length) return close();
  list.replaceChildren(...shown.map((offer, place) => {
    const item = document.createElement("li");
    item.id = `offer-${place}`;
    item.setAttribute("role", "option");
    const name = document.createElement("strong");
    name.textContent = offer.label;
    const about = document.createElement("span");
    about.className = "cut quiet small";
    about.textContent = offer.about;
    item.append(name, about);
    item.addEventListener("mousedown", (event) => {
      event.preventDefault();
      choose(offer);
    });
    return item;
  }));
  list.hidden = false;
  place();
  mark(0);
}

// Above the message box, over the conversation: inside the box it would be cut off.
function place() {
  const here = form.getBoundingClientRect();
  const all = list.offsetParent.getBoundingClientRect();
  Object.assign(list.style, { left: `${here.left - all.left}px`, width: `${here.width}px`, bottom: `${all.bottom - here.top + 6}px` });
}

function put(text, from) {
  box.setRangeText(text, from, box.selectionStart, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
}

function filled(prompt, values) {
  return prompt.text.replace(/\{\{\s*([A-Za-z_][A-Za-z0-9_ -]*?)\s*(?:\|\s*([^{}|]*?)\s*)?\}\}/g, (all, name, standard) => values[name] || standard || all);
}

function ask(prompt, from) {
  const fields = dialog.querySelector(".fields");
  dialog.querySelector("h2").textContent = `/${prompt.name}`;
  fields.replaceChildren(...prompt.variables.map((variable, place) => {
    const field = document.createElement("div");
    field.className = "field";
    const label = document.createElement("label");
    label.htmlFor = `fill-${place}`;
    label.textContent = variable.name;
    const input = document.createElement("input");
    input.id = label.htmlFor;
    input.name = variable.name;
    input.value = variable.default;
    input.required = true;
    field.append(label, input);
    return field;
  }));
  const end = box.selectionStart;
  dialog.querySelector("form").onsubmit = () => {
    box.selectionStart = box.selectionEnd = end;
    const values = Object.fromEntries([...fields.querySelectorAll("input")].map((input) => [input.name, input.value]));
    put(filled(prompt, values), from);
  };
  dialog.showModal();
}

function choose(offer) {
  const from = box.selectionStart - typed().length;
  close();
  if (!offer.prompt) put(`${offer.insert} `, from);
  else if (offer.prompt.variables.length) ask(offer.prompt, from);
  else put(offer.prompt.text, from);
}

async function look() {
  const word = typed();
  asked = word;
  if (!word) return close();
  const answer = await fetch(`/offers?q=${encodeURIComponent(word)}`, { headers: { accept: "application/json" } });
  if (!answer.ok || asked !== word) return;
  const found = await answer.json();
  show([
    ...found.prompts.map((prompt) => ({ prompt, label: `/${prompt.name}`, about: prompt.text })),
    ...found.commands.map((one) => ({ insert: one.text, label: one.title, about: one.text })),
    ...found.mentions.map((one) => ({ insert: one.insert, label: one.kind === "call" ? one.title : one.insert, about: one.kind === "call" ? one.detail : one.title })),
  ]);
}

if (form && box && list && dialog) {
  box.addEventListener("input", () => {
    clearTimeout(waits);
    if (!typed()) return close();
    waits = setTimeout(look, 120);
  });
  box.addEventListener("blur", close);
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  document.addEventListener("keydown", (event) => {
    if (event.target !== box || !shown.length || event.isComposing) return;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (moves[event.key]) mark(at + moves[event.key]);
    else if (event.key === "Escape") close();
    else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") choose(shown[at]);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
}
