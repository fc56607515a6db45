// What the reader chose is kept in the address behind the #, so that a link shows the same.
const choices = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");

function remember(name, value) {
  if (value) choices.set(name, value);
  else choices.delete(name);
  history.replaceState(null, "", choices.size ? `#${choices}` : location.pathname + location.search);
}

document.documentElement.dataset.js = "yes";
