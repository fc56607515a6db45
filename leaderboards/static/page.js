"use strict";
// Sorting: a heading's button sorts by its column, and turns the order round when pressed again.
// Rows without a score stay at the end either way, and rows that tie keep their order.

const valueOf = (row, index) => row.cells[index].dataset.value;

function compare(a, b) {
  const [x, y] = [Number(a), Number(b)];
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, "en", { numeric: true }) : x === y ? 0 : x - y;
}

function sort(table, heading) {
  const headings = [...heading.parentElement.cells];
  const index = headings.indexOf(heading);
  const first = heading.dataset.first ?? "ascending";
  const other = first === "ascending" ? "descending" : "ascending";
  const order = heading.getAttribute("aria-sort") === first ? other : first;
  const sign = order === "ascending" ? 1 : -1;
  const rows = [...table.tBodies[0].rows].sort((a, b) => {
    const [x, y] = [valueOf(a, index), valueOf(b, index)];
    return x === "" || y === "" ? (x === "") - (y === "") : sign * compare(x, y);
  });
  headings.forEach((each) => each.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", order);
  table.tBodies[0].append(...rows);
}

for (const table of document.querySelectorAll("table.comparison")) {
  for (const button of table.tHead.querySelectorAll("button")) {
    button.addEventListener("click", () => sort(table, button.closest("th")));
  }
}
