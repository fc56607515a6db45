// One player at a time; the other one of a pair goes on where the first was, so that the two can be compared.
const players = [...document.querySelectorAll("audio")];

function takeOver(player) {
  for (const other of players) {
    if (other === player || other.paused) continue;
    other.pause();
    if (other.closest(".pair") === player.closest(".pair")) player.currentTime = other.currentTime;
  }
}

for (const player of players) player.addEventListener("play", () => takeOver(player));
