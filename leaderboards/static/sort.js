// A heading's button sorts by its column, and turns the order round when pressed again.
// Rows without a score stay at the end either way, rows that tie keep their order, and rows listed apart stay below.
const valueOf = (row, index) => row.cells[index].dataset.value;

function compare(a, b) {
  const [x, y] = [Number(a), Number(b)];
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, "en", { numeric: true }) : x === y ? 0 : x - y;
}

function sort(heading, order) {
  const table = heading.closest("table");
  const headings = [...heading.parentElement.cells];
  const index = headings.indexOf(heading);
  const sign = order === "ascending" ? 1 : -1;
  const by = (a, b) => {
    const [x, y] = [valueOf(a, index), valueOf(b, index)];
    return x === "" || y === "" ? (x === "") - (y === "") : sign * compare(x, y);
  };
  for (const body of table.tBodies) body.append(...[...body.rows].sort(by));
  headings.forEach((each) => each.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", order);
}

function press(heading) {
  const first = heading.dataset.first ?? "ascending";
  const other = first === "ascending" ? "descending" : "ascending";
  const order = heading.getAttribute("aria-sort") === first ? other : first;
  sort(heading, order);
  remember("sort", [heading.closest("table").id, heading.dataset.name, order].join(" "));
}

for (const button of document.querySelectorAll("thead button")) {
  button.addEventListener("click", () => press(button.closest("th")));
}

const [sortedTable, sortedColumn, sortedOrder] = (choices.get("sort") ?? "").split(" ");
const sortedHeading = [...document.querySelectorAll("thead th[data-name]")].find(
  (heading) => heading.dataset.name === sortedColumn && heading.closest("table").id === sortedTable,
);
if (sortedHeading) sort(sortedHeading, sortedOrder === "descending" ? "descending" : "ascending");
