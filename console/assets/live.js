// Live counters by server-sent events. Without this module, or without /events, every page still works.
const box = document.getElementById("live");
const said = document.getElementById("live-said");
const progress = document.getElementById("live-progress");
const bar = document.getElementById("live-bar");
const spoken = { at: -Infinity };
const speakEvery = 30_000; // milliseconds between two announcements to a screen reader

const grouped = new Intl.NumberFormat("en-US");
const written = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

function text(key, value) {
  for (const el of box.querySelectorAll(`[data-live="${key}"]`)) el.textContent = value;
}

function show(now) {
  box.hidden = false;
  box.classList.remove("stale");
  for (const key of ["cars_connected", "frames_stored", "entries"]) text(key, grouped.format(now[key]));
  const date = now.date ? written.format(new Date(`${now.date}T00:00:00Z`)) : "–";
  text("date", date);
  progress.hidden = !(now.progress >= 0 && now.progress < 100);
  bar.value = Math.max(0, now.progress);
  text("doing", `${now.doing || "Working"}, ${now.progress} %`);
  if (performance.now() - spoken.at < speakEvery) return;
  spoken.at = performance.now();
  said.textContent = `${date}: ${grouped.format(now.cars_connected)} cars connected, ${grouped.format(now.entries)} ledger entries.`;
}

function listen() {
  const stream = new EventSource("/events");
  stream.addEventListener("counters", (event) => show(JSON.parse(event.data)));
  stream.addEventListener("open", () => box.classList.remove("stale"));
  stream.addEventListener("error", () => box.classList.add("stale")); // the browser tries again by itself
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); }, { once: true });
}

if (box && "EventSource" in window) listen();
