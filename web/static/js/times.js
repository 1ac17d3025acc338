// Times in the reader's zone, relative ones kept fresh, and clocks that count while something runs.
const language = document.documentElement.lang;
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const steps = [[60, "second"], [3600, "minute", 60], [86400, "hour", 3600], [2592000, "day", 86400], [31536000, "month", 2592000], [Infinity, "year", 31536000]];

function ago(seconds) {
  const [, unit, by = 1] = steps.find(([limit]) => seconds < limit);
  return relative.format(-Math.floor(seconds / by), unit);
}

export function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if ("ago" in time.dataset) time.textContent = ago(Math.max(0, (Date.now() - at) / 1000));
    else if ("clock" in time.dataset) time.textContent = at.toLocaleTimeString(language, { hour12: false });
    else if ("moment" in time.dataset) time.textContent = moment.format(at);
    time.title = moment.format(at);
  }
}

function count() {
  for (const clock of document.querySelectorAll(".clock[data-since]")) {
    const seconds = Math.max(0, Math.round((Date.now() - new Date(clock.dataset.since)) / 1000));
    clock.textContent = seconds > 1 ? `${seconds} s` : "";
  }
}

localise(document);
setInterval(count, 1000);
setInterval(() => localise(document), 30000);
document.addEventListener("htmx:after:swap", () => localise(document));
