// A cell opens a strip: what its number stands on, who measured it, and the command that measures it again.
// In a table the arrow keys go from cell to cell, so that it is a single stop of the tab key.
const part = Object.fromEntries(
  ["title", "about", "source", "command", "copy", "done", "close"].map((name) => [name, document.querySelector(`#strip-${name}`)]),
);
const strip = document.querySelector("#strip");
let opened = null;

function commandOf(cell) {
  const [row, table] = [cell.parentElement, cell.closest("table")];
  const metric = row.dataset.metric ?? headingOf(cell).dataset.name;
  const codecs = row.dataset.codecs ? ` --codecs ${row.dataset.codecs}` : "";
  return `${table.dataset.command}${codecs}${metric === "nominal" ? "" : ` --metrics ${metric}`}`;
}

const headingOf = (cell) => [...cell.closest("table").tHead.rows].at(-1).cells[cell.cellIndex];
const textOf = (cell) => cell.innerText.trim().split("\n")[0];

function openStrip(button) {
  const cell = button.closest("td");
  const name = cell.parentElement.dataset.metric ? "" : `${textOf(headingOf(cell))}: `;
  opened?.classList.remove("open");
  opened = button;
  opened.classList.add("open");
  part.title.textContent = `${textOf(cell.parentElement.cells[0])}, ${name}${textOf(cell)}`;
  part.about.textContent = cell.title;
  part.source.textContent = cell.closest("table").dataset.source;
  part.command.textContent = commandOf(cell);
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

function move(event) {
  const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
  const cell = event.target.closest("td");
  if (!by || !cell) return;
  event.preventDefault();
  const rows = [...cell.closest("table").querySelectorAll("tbody tr")].filter((row) => !row.hidden);
  const row = rows[rows.indexOf(cell.parentElement) + by[0]];
  const next = row?.cells[cell.cellIndex + by[1]]?.querySelector(".cell");
  if (!next) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

for (const table of document.querySelectorAll("table.comparison")) {
  table.querySelectorAll("td[data-value]").forEach((cell, i) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "cell", tabIndex: i ? -1 : 0 });
    button.append(...cell.childNodes);
    cell.append(button);
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
