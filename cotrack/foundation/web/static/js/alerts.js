// Asks every half minute whether an alert waits, so that a page left open says so too.
const EVERY_MS = 30_000;

export function watchAlerts(page) {
  const place = page.querySelector("[data-alerts]");
  if (place) setInterval(() => refresh(place), EVERY_MS);
}

async function refresh(place) {
  try {
    const answer = await fetch(place.dataset.alerts, { redirect: "error" });
    if (answer.ok) show(place, await answer.text());
  } catch {
    // No network, or signed out: the next page or the next turn tells.
  }
}

function show(place, text) {
  if (text !== place.dataset.shown) place.innerHTML = text;
  place.dataset.shown = text;
}
