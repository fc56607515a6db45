// Pointing at a mark, or coming to it by keyboard, shows the same setting in every panel.
function light(event) {
  const of = event.target.closest?.("[data-of]")?.dataset.of;
  const on = of && ["pointerover", "focusin"].includes(event.type);
  for (const one of document.querySelectorAll(".hot")) one.classList.remove("hot");
  if (!on) return;
  for (const one of document.querySelectorAll(`[data-of="${CSS.escape(of)}"]`)) one.classList.add("hot");
}

for (const panel of document.querySelectorAll(".panels")) {
  for (const name of ["pointerover", "pointerleave", "focusin", "focusout"]) panel.addEventListener(name, light);
}
