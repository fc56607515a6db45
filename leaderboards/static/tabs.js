// The parts of the page as tabs; without this script they stand below one another.
const tabs = [...document.querySelectorAll("#tabs a")];
const panels = tabs.map((tab) => document.querySelector(tab.hash));

function show(chosen) {
  tabs.forEach((tab, i) => {
    tab.setAttribute("aria-selected", String(tab === chosen));
    tab.tabIndex = tab === chosen ? 0 : -1;
    panels[i].hidden = tab !== chosen;
  });
  const form = document.querySelector("#filters");
  if (form) form.hidden = !["#leaderboard", "#plots"].includes(chosen.hash);
  remember("tab", chosen === tabs[0] ? "" : chosen.hash.slice(1));
}

function reveal(target) {
  const at = panels.findIndex((panel) => panel.contains(target));
  if (at >= 0) show(tabs[at]);
  for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  if (!target.matches("a, button, [tabindex]")) target.tabIndex = -1;
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "nearest" });
}

function turn(event) {
  const at = tabs.indexOf(event.target);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const chosen = tabs.at(to % tabs.length);
  show(chosen);
  chosen.focus();
}

if (tabs.length) {
  const list = document.querySelector("#tabs");
  list.setAttribute("role", "tablist");
  tabs.forEach((tab, i) => {
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panels[i].id);
    panels[i].setAttribute("role", "tabpanel");
  });
  list.addEventListener("keydown", turn);
  show(tabs.find((tab) => tab.hash === `#${choices.get("tab")}`) ?? tabs[0]);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (!link) return;
  event.preventDefault();
  if (tabs.includes(link)) show(link);
  else reveal(document.querySelector(`[id="${CSS.escape(link.getAttribute("href").slice(1))}"]`));
});

if (location.hash && !location.hash.includes("=")) {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) reveal(target);
}
