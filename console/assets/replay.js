// Steps through a driving case. Without this script the pictures and the list of events say the same.
const svgNS = "http://www.w3.org/2000/svg";

function make(name, attributes) {
  const el = document.createElementNS(svgNS, name);
  for (const [k, v] of Object.entries(attributes)) el.setAttribute(k, v);
  return el;
}

// A value of a column, or null where it is infinite.
const value = (column, i, unit) => (column[i] === null ? null : column[i] / unit);
const written = (v, digits, unit) => (v === null ? "–" : `${v.toFixed(digits).replace("-", "−")} ${unit}`);

function stepper(article) {
  const ways = JSON.parse(document.getElementById(article.dataset.ways).textContent);
  const box = article.querySelector(".stepper");
  const top = article.querySelector(".top");
  const slider = box.querySelector("input[type=range]");
  const play = box.querySelector('[data-do="play"]');
  const now = {};
  for (const el of box.querySelectorAll("[data-now]")) now[el.dataset.now] = el;
  const last = ways.mode.length - 1;
  const height = ways.lanes * ways.lane;
  const behind = 30, ahead = 110; // metres of the view
  const across = (d) => height - ways.lane / 2 - d; // left is up

  top.setAttribute("viewBox", `${-behind} -1 ${behind + ahead} ${height + 2}`);
  top.append(make("rect", { class: "road", x: -behind, y: 0, width: behind + ahead, height }));
  const marks = [];
  for (let i = 0; i <= ways.lanes; i++) {
    const edge = i === 0 || i === ways.lanes;
    const line = make("line", { class: edge ? "edge" : "marking", x1: -behind - 20, x2: ahead + 20, y1: i * ways.lane, y2: i * ways.lane });
    if (!edge) marks.push(line);
    top.append(line);
  }
  const cars = ways.cars.map((car, i) => {
    const group = make("g", { class: i === 0 ? "car ego" : `car s${i % 5}` });
    const title = make("title", {});
    title.textContent = car.name;
    group.append(title, make("rect", { x: -car.l / 2, y: -car.w / 2, width: car.l, height: car.w, rx: 0.4 }),
      make("path", { d: `M${car.l / 2 - 0.9} ${-car.w / 2 + 0.3}L${car.l / 2 - 0.3} 0L${car.l / 2 - 0.9} ${car.w / 2 - 0.3}` }));
    top.append(group);
    return group;
  });
  top.append(cars[0]); // the ego above all others
  const cursors = [...article.querySelectorAll(".picture")].map((picture) => {
    const [from, to] = picture.dataset.span.split(" ").map(Number);
    const line = make("line", { class: "c-cursor", y1: 16, y2: 286 });
    picture.querySelector("svg.chart").append(line);
    return { line, from, to };
  });

  let at = 0;
  function show(tick) {
    at = Math.max(0, Math.min(last, tick));
    slider.value = at;
    const ego = ways.cars[0];
    const origin = value(ego.s, at, 100) ?? 0;
    ways.cars.forEach((car, i) => {
      const s = value(car.s, at, 100), d = value(car.d, at, 100), h = (value(car.h, at, 1e4) ?? 0) * 180 / Math.PI;
      cars[i].setAttribute("visibility", s === null || d === null ? "hidden" : "visible");
      if (s !== null && d !== null) cars[i].setAttribute("transform", `translate(${(s - origin).toFixed(2)} ${across(d).toFixed(2)}) rotate(${(-h).toFixed(2)})`);
    });
    for (const m of marks) m.setAttribute("stroke-dashoffset", (origin % 18).toFixed(2));
    const x = (c) => c.from + (last ? (c.to - c.from) * at / last : 0);
    for (const c of cursors) {
      c.line.setAttribute("x1", x(c).toFixed(1));
      c.line.setAttribute("x2", x(c).toFixed(1));
    }
    const speed = value(ego.v, at, 100);
    now.time.textContent = `${(at * ways.tick).toFixed(2)} s, tick ${at}`;
    now.mode.textContent = ways.modes[ways.mode[at]] || "–";
    now.speed.textContent = written(speed === null ? null : speed * 3.6, 1, "km/h");
    now.accel.textContent = written(value(ways.accel, at, 100), 2, "m/s²");
    now.gap.textContent = written(value(ways.gap, at, 100), 2, "m");
    now.ttc.textContent = written(value(ways.ttc, at, 1000), 2, "s");
    slider.setAttribute("aria-valuetext", now.time.textContent);
    for (const [i, row] of rows.entries()) row.classList.toggle("past", ways.falls[i].t <= at);
  }
  const rows = [...article.querySelectorAll(".events tbody tr")];

  let running = 0, began = 0, from = 0;
  function stop() {
    cancelAnimationFrame(running);
    running = 0;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
  }
  function run(moment) {
    show(from + Math.floor((moment - began) / 1000 / ways.tick));
    if (at >= last) stop(); else running = requestAnimationFrame(run);
  }
  function toggle() {
    if (running) return stop();
    from = at >= last ? 0 : at;
    began = performance.now();
    play.textContent = "Pause";
    play.setAttribute("aria-pressed", "true");
    running = requestAnimationFrame(run);
  }
  const jump = (tick) => { stop(); show(tick); };
  const next = () => ways.falls.map((e) => e.t).find((t) => t > at) ?? last;
  const former = () => ways.falls.map((e) => e.t).findLast((t) => t < at) ?? 0;

  slider.addEventListener("input", () => jump(Number(slider.value)));
  play.addEventListener("click", toggle);
  box.querySelector('[data-do="back"]').addEventListener("click", () => jump(at - 1));
  box.querySelector('[data-do="on"]').addEventListener("click", () => jump(at + 1));
  box.addEventListener("keydown", (event) => {
    const far = event.shiftKey ? 10 : 1;
    const keys = { ArrowLeft: () => jump(at - far), ArrowRight: () => jump(at + far), Home: () => jump(0), End: () => jump(last), PageDown: () => jump(next()), PageUp: () => jump(former()) };
    if (event.key === " " && event.target.tagName !== "BUTTON") keys[" "] = toggle;
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  box.hidden = false;
  show(0);
}

for (const article of document.querySelectorAll(".replay")) stepper(article);
