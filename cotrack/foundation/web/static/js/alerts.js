// Asks every half minute whether an alert waits, so that a page left open says so too.
const EVERY_MS = 30_000;
const MOST_FAILURES = 2;

let failures = 0;

export function watchAlerts(page) {
  const place = page.querySelector("[data-alerts]");
  if (place) setInterval(() => refresh(place), EVERY_MS);
}

async function refresh(place) {
  try {
    const answer = await fetch(place.dataset.alerts, { redirect: "error" });
    if (!answer.ok) throw new Error(answer.statusText);
    show(place, await answer.text());
    failures = 0;
  } catch {
    // No network, or signed out: a page that learns nothing more must not look as if nothing waited.
    failures += 1;
    if (failures >= MOST_FAILURES) showDeaf(place);
  }
}

function show(place, text) {
  if (text !== place.dataset.shown) place.innerHTML = text;
  place.dataset.shown = text;
}

// What was shown stays: an alert that waits must not vanish with the network.
function showDeaf(place) {
  delete place.dataset.shown;
  if (place.querySelector("[data-is-deaf]")) return;
  const line = document.createElement("div");
  line.className = "alarm";
  line.dataset.isDeaf = "";
  line.setAttribute("role", "alert");
  line.textContent = place.dataset.deaf;
  place.prepend(line);
}
