// Takes what a wedge scanner types: a code begins with its prefix and ends with Enter, wherever the focus is.
const PREFIX = "CT1";

export function isScanStart(text) {
  return PREFIX.startsWith(text.slice(0, PREFIX.length).toUpperCase());
}

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

function isTyping(target) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

function submitScan(root, text) {
  const field = root.querySelector("input[data-scan]") ?? root.querySelector("[data-scan-box] input[name=code]");
  if (!field || !text) return;
  field.value = text;
  field.form.requestSubmit();
}

export function watchScanner(root) {
  const buffer = new KeystrokeBuffer();
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "Enter" && !buffer.text) return;
    const whole = buffer.take(event.key, performance.now());
    if (whole) { event.preventDefault(); submitScan(root, whole); }
  });
  const field = root.querySelector("input[data-scan]");
  if (!field) return;
  const ready = root.querySelector("[data-ready]");
  const show = () => ready?.classList.toggle("lost", root.activeElement !== field);
  field.addEventListener("focus", show);
  field.addEventListener("blur", show);
  // A scan must never be typed from the clipboard: what stands on a screen is not what is on the bag.
  field.addEventListener("paste", (event) => { event.preventDefault(); field.form.querySelector("[name=was_pasted]")?.setAttribute("value", "true"); });
  field.focus();
  show();
}
