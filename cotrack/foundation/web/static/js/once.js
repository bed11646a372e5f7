// A form whose answer is a file to keep: its button works once, and the page then shows what became of the thing.
// The file's answer sets a cookie; until it is there nothing reloads, because a reload would break off the file.
const LOOK_MILLISECONDS = 250;
const PATIENCE_MILLISECONDS = 120000;

export function isHandedOut(cookies, thing) {
  return cookies.split("; ").includes(`cotrack_handed_out=${thing}`);
}

export function watchOnce(root, reload = () => location.reload()) {
  for (const form of root.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", () => {
      setTimeout(() => { form.querySelector("button").disabled = true; });
      const end = Date.now() + PATIENCE_MILLISECONDS;
      const look = setInterval(() => {
        const isThere = isHandedOut(document.cookie, form.dataset.once);
        if (isThere || Date.now() > end) clearInterval(look);
        if (isThere) reload();
      }, LOOK_MILLISECONDS);
    });
  }
}
