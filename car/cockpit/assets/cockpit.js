// Keeps speed, charge and the lock of the forms current. Without it the screens still work: the car program refuses while moving.
const lostAfter = 5_000; // the program repeats itself every 2 seconds
const body = document.body;
const level = document.getElementById("level");
let lost;

function text(key, value) {
  for (const el of document.querySelectorAll(`[data-now="${key}"]`)) el.textContent = value;
}

// A speed that nobody confirms is no speed, and a car of unknown speed counts as moving.
function lose() {
  text("speed", "–");
  body.dataset.stands = "no";
}

function show(now) {
  clearTimeout(lost);
  lost = setTimeout(lose, lostAfter);
  text("speed", now.speed ?? "–");
  text("charge", now.charge);
  text("range_km", now.range_km.toLocaleString("en-US"));
  level.setAttribute("width", now.charge);
  body.dataset.stands = now.stands ? "yes" : "no";
  document.getElementById("online").hidden = !now.connected;
  document.getElementById("offline").hidden = now.connected;
}

function listen() {
  const stream = new EventSource("/events");
  stream.addEventListener("reading", (event) => show(JSON.parse(event.data)));
  lost = setTimeout(lose, lostAfter);
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

listen();
