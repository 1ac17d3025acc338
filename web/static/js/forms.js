// Forms that ask before they delete, the theme shown at once where it is chosen, and the current one of a row of tabs in sight.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

for (const tab of document.querySelectorAll(".tabs [aria-current], .settings > nav [aria-current]")) {
  tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 48;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("input[name=theme]")) document.documentElement.dataset.theme = event.target.value;
});

// A chat is named while it goes on: who opens its menu finds that name to change.
document.addEventListener("toggle", (event) => {
  const box = event.target.open && event.target.querySelector?.("input#title");
  if (box && box.value === box.defaultValue) box.value = box.defaultValue = document.getElementById("chat-title").textContent;
}, true);

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// A recording is being imported: its calls are counted while they are stored, until the answer with the report comes.
document.addEventListener("submit", (event) => {
  const { import: address, says } = event.target.dataset;
  if (!address || event.defaultPrevented) return;
  const line = event.target.querySelector("[data-progress]");
  const began = Date.now();
  let before;
  const look = async () => {
    const answer = await fetch(address, { headers: { accept: "application/json" } }).catch(() => null);
    const { calls } = answer?.ok ? await answer.json() : { calls: before ?? 0 };
    before ??= calls;
    line.textContent = says.replace("{calls}", (calls - before).toLocaleString()).replace("{seconds}", Math.round((Date.now() - began) / 1000));
    setTimeout(look, 500);
  };
  look();
});
