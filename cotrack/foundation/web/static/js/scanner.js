// Takes what a wedge scanner types: keystrokes ended by Enter, wherever the focus is.

// Keeps keystrokes that arrive while no field has the focus, and hands them over with the Enter that ends them.
export class KeystrokeBuffer {
  constructor(pauseMilliseconds = 10000) {
    this.pause = pauseMilliseconds;
    this.text = "";
    this.last = 0;
  }

  take(key, at) {
    if (at - this.last > this.pause) this.text = "";
    this.last = at;
    if (key === "Enter") {
      const whole = this.text;
      this.text = "";
      return whole;
    }
    if (key.length === 1) this.text += key;
    return null;
  }
}

// Whoever is in a field of text types there; a tick box or a button takes no text, and a scan after it is a scan.
function isTyping(target) {
  const typed = "input:not([type=checkbox], [type=radio], [type=submit], [type=button], [type=file]), textarea, select, [contenteditable]";
  return target instanceof Element && target.closest(typed) !== null;
}

// The fields that wait for a scan, in their order; each scan goes into the next empty one.
function nextField(root) {
  const fields = [...root.querySelectorAll("input[data-scan]")];
  return fields.find((field) => !field.value) ?? fields.at(-1) ?? root.querySelector("[data-scan-box] input[name=code]");
}

function takeScan(root, text) {
  const field = nextField(root);
  if (!field) return;
  field.value = text;
  goOn(root, field);
}

// Goes on with what a scanner, the camera or a photo has put into a field.
export function goOn(root, field) {
  const waiting = [...field.form.querySelectorAll("input[data-scan]")].find((each) => !each.value);
  if (waiting) waiting.focus();
  else field.form.requestSubmit();
}

function watchField(root, field) {
  const ready = field.form.querySelector("[data-ready]");
  const words = ready?.textContent;
  const show = () => {
    if (!ready) return;
    const focus = document.activeElement;
    const isReady = !isTyping(focus) || (focus?.matches("input[data-scan]") ?? false);
    ready.classList.toggle("lost", !isReady);
    ready.textContent = isReady ? words : (ready.dataset.lost ?? words);
  };
  field.addEventListener("focus", show);
  field.addEventListener("blur", () => setTimeout(show));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (field.value) goOn(root, field);
  });
  // A code is never pasted: what stands on a screen is not what is on the bag.
  field.addEventListener("paste", (event) => event.preventDefault());
  show();
}

export function watchScanner(root) {
  const buffer = new KeystrokeBuffer();
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "Enter" && !buffer.text) return;
    const whole = buffer.take(event.key, performance.now());
    if (whole) {
      event.preventDefault();
      takeScan(root, whole);
    }
  });
  const fields = root.querySelectorAll("input[data-scan]");
  fields.forEach((field) => watchField(root, field));
  if (!root.querySelector("#faults")) fields[0]?.focus();
}
