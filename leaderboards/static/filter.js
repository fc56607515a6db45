// Which settings are shown, in the tables and in the plots.
const filters = document.querySelector("#filters");

function wanted(row, chosen) {
  const { family, rate, kbps } = row.dataset;
  const name = row.cells[0].textContent.toLowerCase();
  const low = chosen.from === "" || (kbps !== "" && Number(kbps) >= Number(chosen.from));
  const high = chosen.to === "" || (kbps !== "" && Number(kbps) <= Number(chosen.to));
  const fits = (choice, value) => choice === "" || choice === value;
  return name.includes(chosen.q.trim().toLowerCase()) && fits(chosen.family, family) && fits(chosen.rate, rate) && low && high;
}

function filter() {
  const chosen = { rows: "", ...Object.fromEntries(new FormData(filters)) };
  const rows = [...document.querySelectorAll("tr[data-key]")];
  for (const section of document.querySelectorAll("[data-kind]")) {
    section.hidden = chosen.rows !== "" && section.dataset.kind !== chosen.rows;
  }
  for (const row of rows) row.hidden = !wanted(row, chosen);
  const gone = new Set(rows.filter((row) => row.closest("[hidden]:not([role=tabpanel])")).map((row) => row.dataset.key));
  for (const part of document.querySelectorAll("[data-of]")) part.classList.toggle("off", gone.has(part.dataset.of));
  for (const table of document.querySelectorAll(".comparison")) table.dataset.columns = chosen.columns;
  document.querySelector("#shown").textContent = `${rows.length - gone.size} of ${rows.length} rows`;
}

if (filters) {
  for (const field of filters.querySelectorAll("[name]")) field.value = choices.get(field.name) ?? "";
  const narrow = matchMedia("(max-width: 40rem)").matches;
  filters.querySelector("details").open = !narrow || [...new FormData(filters).values()].some(Boolean);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("input", (event) => {
    remember(event.target.name, event.target.value);
    filter();
  });
  filters.addEventListener("reset", () => {
    for (const field of filters.querySelectorAll("[name]")) remember(field.name, "");
    setTimeout(filter);
  });
  filter();
}
