// A cell opens a strip: what its number stands on, who measured it, and the command that measures it again.
// In a table the arrow keys go from cell to cell, so that it is a single stop of the tab key.
const part = Object.fromEntries(
  ["title", "about", "source", "command", "own", "copy", "done", "close"].map((name) => [name, document.querySelector(`#strip-${name}`)]),
);
const strip = document.querySelector("#strip");
let opened = null;

function commandOf(cell) {
  if (cell.dataset.command) return cell.dataset.command;
  const { row, metric = headingOf(cell).dataset.name } = cell.parentElement.dataset;
  return [cell.closest("table").dataset.command, row, metric !== "nominal" && `--metrics ${metric}`].filter(Boolean).join(" ");
}

function titleOf(cell) {
  const name = cell.parentElement.dataset.metric ? "" : `${textOf(headingOf(cell))}: `;
  return cell.dataset.title ?? `${textOf(cell.parentElement.cells[0])}, ${name}${textOf(cell)}`;
}

const headingOf = (cell) => [...cell.closest("table").tHead.rows].at(-1).cells[cell.cellIndex];
const textOf = (cell) => cell.innerText.trim().split("\n")[0];

function openStrip(button) {
  const cell = button.closest("td");
  const { source, own } = cell.closest("table").dataset;
  opened?.classList.remove("open");
  opened = button;
  opened.classList.add("open");
  part.title.textContent = titleOf(cell);
  part.about.textContent = cell.title;
  part.source.textContent = source;
  part.command.textContent = commandOf(cell);
  part.own.textContent = own;
  part.done.textContent = "";
  strip.hidden = false;
}

function closeStrip() {
  strip.hidden = true;
  opened?.classList.remove("open");
  opened?.focus();
}

// The older way of copying, which asks no permission and works in a page from the disk.
function copyCommand() {
  getSelection().selectAllChildren(part.command);
  part.done.textContent = document.execCommand("copy") ? "Copied" : "Selected: copy it with the keyboard";
}

// The cells of a row as buttons. In a long table they become that when they are pointed at or come to by key.
function buttonsOf(row) {
  for (const cell of row.querySelectorAll("td[data-command]:not(.live), td[data-value]:not(.given, .live)")) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "cell", tabIndex: -1 });
    button.append(...cell.childNodes);
    cell.append(button);
    cell.classList.add("live");
  }
  return [...row.querySelectorAll(".cell")];
}

function move(event) {
  const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
  if (!by || !event.target.matches(".cell")) return;
  event.preventDefault();
  const row = event.target.closest("tr");
  const rows = [...row.closest("table").querySelectorAll("tbody tr:not([hidden])")];
  const other = rows[rows.indexOf(row) + by[0]];
  const next = other && buttonsOf(other)[buttonsOf(row).indexOf(event.target) + by[1]];
  if (!next) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

const AT_ONCE = 200;

for (const table of document.querySelectorAll("table[data-source]")) {
  const cells = [...table.querySelectorAll("tbody tr")].slice(0, AT_ONCE).flatMap(buttonsOf);
  if (cells.length) cells[0].tabIndex = 0;
  table.addEventListener("pointerover", (event) => {
    const row = event.target.closest("tbody tr");
    if (row) buttonsOf(row);
  });
  table.addEventListener("keydown", move);
  table.addEventListener("click", (event) => {
    const button = event.target.closest(".cell");
    if (!button) return;
    openStrip(button);
    if (event.detail === 0) part.copy.focus();
  });
}

part.copy.addEventListener("click", copyCommand);
part.close.addEventListener("click", closeStrip);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !strip.hidden) closeStrip();
});
