// A form whose answer is a file to keep: its button works once, and the page then shows what became of the thing.
const ANSWER_MILLISECONDS = 1500;

export function watchOnce(root, reload = () => location.reload()) {
  for (const form of root.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", () => {
      setTimeout(() => { form.querySelector("button").disabled = true; });
      setTimeout(reload, ANSWER_MILLISECONDS);
    });
  }
}
