// A form whose answer is a file to keep: its button works once, and the page then shows what became of the thing.
// The file's answer sets a cookie; until it is there nothing reloads, because a reload would break off the file.
const LOOK_MILLISECONDS = 250;
const PATIENCE_MILLISECONDS = 120000;

export function isHandedOut(cookies, thing) {
  return cookies.split("; ").includes(`cotrack_handed_out=${thing}`);
}

function watchFor(thing, reload) {
  const end = Date.now() + PATIENCE_MILLISECONDS;
  let departures = 0;
  const look = setInterval(() => {
    const isThere = isHandedOut(document.cookie, thing);
    if (isThere || Date.now() > end) clearInterval(look);
    if (isThere) reload();
  }, LOOK_MILLISECONDS);
  // The form's own sending is the first departure; with the second somebody goes on, and no reload calls them back.
  addEventListener("beforeunload", () => {
    departures += 1;
    if (departures > 1) clearInterval(look);
  });
}

export function watchOnce(root, reload = () => location.reload()) {
  for (const form of root.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", () => {
      setTimeout(() => { form.querySelector("button").disabled = true; });
      watchFor(form.dataset.once, reload);
    });
  }
}
