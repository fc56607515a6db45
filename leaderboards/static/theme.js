// Dark or light: the reader's system decides until the button is pressed; the other pages then follow.
const themeButton = document.querySelector("#theme");
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function paint() {
  const theme = choices.get("theme");
  const dark = theme ? theme === "dark" : systemIsDark.matches;
  if (theme) document.documentElement.dataset.theme = theme;
  for (const link of document.querySelectorAll("a[href^='settings/'], a[href^='../']")) {
    const page = link.getAttribute("href").split("#")[0];
    link.setAttribute("href", theme ? `${page}#theme=${theme}` : page);
  }
  themeButton.textContent = dark ? "☀ Light" : "☾ Dark";
  return dark;
}

themeButton.addEventListener("click", () => {
  remember("theme", paint() ? "light" : "dark");
  paint();
});
systemIsDark.addEventListener("change", paint);
paint();
