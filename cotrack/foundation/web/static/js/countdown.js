// Shows the time left to an instant, in minutes and seconds, from an hour on with hours, and says so when it has passed.
export function timeLeft(until, now) {
  const seconds = Math.floor((until - now) / 1000);
  if (seconds <= 0) return null;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const ending = String(seconds % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${ending}` : `${minutes}:${ending}`;
}

export function startCountdowns(root) {
  const places = [...root.querySelectorAll("[data-until]")];
  // The server's clock decides; the page only measures how far its own is from it.
  const offset = (place) => Date.parse(place.dataset.now) - Date.now();
  const offsets = new Map(places.map((place) => [place, offset(place)]));
  const show = () => {
    for (const place of places) {
      const left = timeLeft(Date.parse(place.dataset.until), Date.now() + offsets.get(place));
      place.textContent = left ?? place.dataset.over;
    }
  };
  if (places.length) { show(); setInterval(show, 1000); }
}
