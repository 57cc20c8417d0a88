// The big screen: a modal dialog that covers the window, as a browser draws nothing above one.
// `data` is what lib/ui/big_screen.py says. All words are set as text, never as markup.

const SEEN = "big-screen-crossings";
const SEEN_AT_MOST = 500;
const MOMENT_MS = 4000;
const NAMES_AT_ONCE = 3;
const SERIES = { people: 0, threshold: 1, nudge: 3, simulated: 6 }; // as lib/charts/style.py

const screens = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  let screen = screens.get(parentElement);
  if (!screen) {
    screen = newScreen(parentElement.querySelector("dialog"));
    screens.set(parentElement, screen);
  }
  screen.dialog.oncancel = (event) => {
    event.preventDefault();
    setTriggerValue("left", true);
  };
  part(screen, "leave").onclick = () => setTriggerValue("left", true);
  if (!screen.dialog.open) {
    screen.dialog.showModal();
    screen.dialog.focus();
  }
  paint(screen);
  drawJoining(screen, data);
  drawCounter(screen, data);
  drawChart(screen, data);
  celebrate(screen, data.crossings);
  return () => {
    clearTimeout(screen.timer);
    clearTimeout(screen.beat);
    screens.delete(parentElement);
  };
}

function newScreen(dialog) {
  return { dialog, waiting: [], timer: null, beat: null, nudges: null, seen: remembered() };
}

function part(screen, name) {
  return screen.dialog.querySelector("." + name);
}

function paint({ dialog }) {
  const theme = getComputedStyle(dialog).getPropertyValue("--st-chart-categorical-colors");
  const colors = theme.split(",");
  for (const [name, place] of Object.entries(SERIES)) {
    dialog.style.setProperty("--" + name, colors[place]);
  }
}

// How to join

function drawJoining(screen, data) {
  part(screen, "task").textContent = data.task;
  const qr = part(screen, "qr");
  qr.hidden = !data.qr;
  if (data.qr && qr.getAttribute("src") !== data.qr) qr.src = data.qr;
  part(screen, "code").textContent = data.code;
  const address = part(screen, "address");
  address.replaceChildren(...data.address.flatMap((each) => [element("span", each), element("wbr")]));
  address.style.setProperty("--longest", Math.max(...data.address.map((each) => each.length), 1));
}

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

// The counter

function drawCounter(screen, data) {
  const counter = part(screen, "counter");
  part(screen, "number").textContent = data.nudges.toLocaleString("en");
  part(screen, "label").textContent = data.nudges === 1 ? "nudge" : "nudges";
  part(screen, "detail").textContent = data.detail;
  part(screen, "state").textContent = data.state;
  if (screen.nudges !== null && data.nudges > screen.nudges) {
    counter.classList.add("up");
    clearTimeout(screen.beat);
    screen.beat = setTimeout(() => counter.classList.remove("up"), 2000);
  }
  screen.nudges = data.nudges;
}

// The chart: a row for each name, and columns for everybody, on one scale

function drawChart(screen, data) {
  const chart = part(screen, "chart");
  chart.setAttribute("aria-label", data.summary);
  chart.classList.toggle("nameless", data.rows.length === 0);
  chart.classList.toggle("footed", data.columns.length > 0);
  chart.style.setProperty("--zero", percent(data.zero));
  fill(part(screen, "rows"), data.rows, drawRow, newRow);
  fill(part(screen, "columns"), data.columns, drawColumn, newColumn);
  part(screen, "rows").hidden = data.rows.length === 0;
  part(screen, "columns").hidden = data.columns.length === 0;
  const line = part(screen, "line");
  line.hidden = data.line === null || data.empty !== "";
  if (data.line !== null) {
    line.style.setProperty("--at", percent(data.line.at));
    const label = line.querySelector("span");
    label.textContent = data.line.text;
    label.style.right = percent(1 - data.line.at);
    label.style.transform = data.line.at < 0.3 ? "translateX(100%)" : "none";
  }
  part(screen, "empty").textContent = data.empty;
  part(screen, "empty").hidden = data.empty === "";
  part(screen, "legend").replaceChildren(...data.legend.map(legendEntry));
}

function percent(share) {
  return (100 * share).toFixed(2) + "%";
}

// Keeps the elements, so that what changes can move.
function fill(box, entries, draw, make) {
  while (box.children.length > entries.length) box.lastElementChild.remove();
  while (box.children.length < entries.length) box.append(make());
  entries.forEach((entry, place) => draw(box.children[place], entry));
}

function newRow() {
  const row = element("div", "", "row");
  const name = element("div", "", "name");
  const track = element("div", "", "track");
  name.append(element("span"), element("b"));
  track.append(element("div", "", "bar"));
  row.append(name, track);
  return row;
}

function drawRow(row, { name, tasks, share, nudged }) {
  row.querySelector("span").textContent = name;
  row.querySelector("b").textContent = tasks;
  row.querySelector(".bar").style.width = percent(share);
  row.classList.toggle("nudged", nudged);
}

function newColumn() {
  const column = element("div", "", "column");
  column.append(element("i", "", "people"), element("i", "", "simulated"), element("b"));
  return column;
}

function drawColumn(column, { at, width, height, people, label }) {
  column.style.left = percent(at);
  column.style.width = percent(width);
  column.style.height = percent(height);
  column.children[0].style.height = percent(people);
  column.children[1].style.height = percent(1 - people);
  column.children[2].textContent = label;
}

function legendEntry({ kind, text }) {
  const entry = element("span");
  if (kind) entry.append(element("i", "", kind));
  entry.append(text);
  return entry;
}

// The moment when somebody crosses: each crossing is shown once, even after a reload

function celebrate(screen, crossings) {
  for (const each of crossings) {
    if (screen.seen.has(each.id)) continue;
    screen.seen.add(each.id);
    screen.waiting.push(each.name);
  }
  remember(screen.seen);
  if (screen.timer === null) nextMoment(screen);
}

function nextMoment(screen) {
  const names = screen.waiting.splice(0, NAMES_AT_ONCE);
  if (names.length === 0) {
    screen.timer = null;
    return;
  }
  if (screen.waiting.length > NAMES_AT_ONCE) {
    names.push(`and ${screen.waiting.length} more`);
    screen.waiting = [];
  }
  const moment = part(screen, "moment");
  moment.children[0].replaceChildren(...names.map((each) => element("span", each)));
  moment.children[1].textContent = "crossed the line and got the nudge";
  moment.hidden = false;
  // Then the chart is visible for just as long, however many cross.
  screen.timer = setTimeout(() => {
    moment.hidden = true;
    screen.timer = setTimeout(() => nextMoment(screen), MOMENT_MS);
  }, MOMENT_MS);
}

// Some browsers have no storage for a page that may keep nothing.
function remembered() {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(SEEN) ?? "[]"));
  } catch {
    return new Set();
  }
}

function remember(seen) {
  try {
    sessionStorage.setItem(SEEN, JSON.stringify([...seen].slice(-SEEN_AT_MOST)));
  } catch {
    // Then a reload may show a moment again.
  }
}
