// The one component that takes scans, on every page: keystrokes wherever the focus is, or text in a field that waits.
import { Keystrokes, SILENCE_MS, isSwallowed, once, textOfKey, withoutFrame } from "./keystrokes.js";
import { refusePaste } from "./paste.js";

// A scanner that reads the label twice in one go sends it again at once: no second field wants the same code.
const AGAIN_MS = 1000;
const ENDS = new Set(["Enter", "NumpadEnter"]);

// Whoever is in a field of text types there; a tick box or a button takes no text, and a scan after it is a scan.
function isTyping(target) {
  const typed = "input:not([type=checkbox], [type=radio], [type=submit], [type=button], [type=file]), textarea, select, [contenteditable]";
  return target instanceof Element && target.closest(typed) !== null;
}

class Scanner {
  constructor(root) {
    this.root = root;
    this.unfocused = new Keystrokes();
    const { scanPrefix: prefix = "", scanSuffix: suffix = "" } = root.body?.dataset ?? {};
    this.frame = { prefix, suffix };
    this.last = { text: "", at: -Infinity };
  }

  fields() {
    return [...this.root.querySelectorAll("input[data-scan]")];
  }

  // Each scan goes into the next empty field; without one, into the box that looks for anything.
  nextField() {
    const fields = this.fields();
    return fields.find((field) => !field.value) ?? fields.at(-1) ?? this.root.querySelector("[data-scan-box] input[name=code]");
  }

  // Ends a scan that lies in a field, or came while none had the focus.
  finish(field, text, keys, end) {
    const code = withoutFrame(once(text), this.frame);
    const at = performance.now();
    const isAgain = code === this.last.text && at - this.last.at < AGAIN_MS && keys.isBurst();
    const isBurst = keys.isBurst();
    this.last = { text: isBurst ? code : "", at };
    noteTyping(field, keys, end);
    keys.clear();
    field.value = isAgain ? "" : code;
    if (!isAgain && code) goOn(field);
  }
}

// Goes on with what a scanner, the camera or a photo has put into a field.
export function goOn(field) {
  const waiting = [...field.form.querySelectorAll("input[data-scan]")].find((each) => !each.value);
  if (waiting) waiting.focus();
  else field.form.requestSubmit();
}

// How long the typing took and how it ended goes with the code; nobody decides by it.
function noteTyping(field, keys, end) {
  const place = field.nextElementSibling;
  if (!place?.matches("[data-typing]")) return;
  place.value = `${keys.milliseconds()} ${keys.pace()} ${end}`;
}

function watchField(scanner, field) {
  const keys = new Keystrokes();
  let length = field.value.length;
  let endsComposed = false;
  let silence;
  const finish = (end) => {
    clearTimeout(silence);
    scanner.finish(field, field.value, keys, end);
    length = field.value.length;
  };
  // What the browser put into the field counts, also what an input method made of the keys.
  const take = (at) => {
    if (field.value.length < length) keys.clear();
    keys.take(field.value.slice(length), at);
    length = field.value.length;
    noteTyping(field, keys, "typed");
    clearTimeout(silence);
    if (keys.isBurst()) silence = setTimeout(() => finish("silence"), SILENCE_MS);
  };
  field.addEventListener("input", (event) => {
    if (!event.isComposing) take(event.timeStamp);
  });
  field.addEventListener("compositionstart", () => { keys.isComposed = true; clearTimeout(silence); });
  field.addEventListener("compositionend", (event) => {
    const { timeStamp } = event;
    // The browser may write the last of the text after this event.
    setTimeout(() => {
      take(timeStamp);
      if (endsComposed && field.value) finish("enter");
      endsComposed = false;
    });
  });
  field.addEventListener("keydown", (event) => {
    if (isSwallowed(event)) {
      keys.isComposed = true;
      endsComposed = ENDS.has(event.code);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (field.value) finish("enter");
    } else if (event.key === "Tab" && !event.shiftKey && keys.isBurst()) {
      event.preventDefault();
      finish("tab");
    } else if (event.ctrlKey && textOfKey(event)) {
      event.preventDefault();
      field.value += textOfKey(event);
      take(event.timeStamp);
    }
  });
  refusePaste(scanner.root, field);
}

function showReady(root, field) {
  const ready = field.form.querySelector("[data-ready]");
  if (!ready) return;
  const words = ready.textContent;
  const show = () => {
    const focus = document.activeElement;
    const isReady = !isTyping(focus) || (focus?.matches("input[data-scan]") ?? false);
    ready.classList.toggle("lost", !isReady);
    ready.textContent = isReady ? words : (ready.dataset.lost ?? words);
  };
  root.addEventListener("focusin", show);
  root.addEventListener("focusout", () => setTimeout(show));
  show();
}

// A page without focus, or with the focus on a button or a tick: keystrokes are kept until they end.
function watchPage(scanner) {
  const keys = scanner.unfocused;
  let silence;
  const finish = (end) => {
    clearTimeout(silence);
    const field = scanner.nextField();
    if (field) scanner.finish(field, keys.text, keys, end);
    else keys.clear();
  };
  scanner.root.addEventListener("keydown", (event) => {
    if (isTyping(event.target)) return;
    const isEnd = event.key === "Enter" ? keys.text !== "" : event.key === "Tab" && !event.shiftKey && keys.isBurst();
    if (isEnd) {
      event.preventDefault();
      finish(event.key.toLowerCase());
      return;
    }
    const text = textOfKey(event);
    if (!text) return;
    // A blank within a code presses no button.
    if (event.ctrlKey || (keys.text && event.timeStamp - keys.last < AGAIN_MS)) event.preventDefault();
    keys.take(text, event.timeStamp);
    clearTimeout(silence);
    if (keys.isBurst()) silence = setTimeout(() => finish("silence"), SILENCE_MS);
  });
}

export function watchScanner(root) {
  const scanner = new Scanner(root);
  watchPage(scanner);
  const fields = scanner.fields();
  fields.forEach((field) => watchField(scanner, field));
  new Map(fields.map((field) => [field.form, field])).forEach((field) => showReady(root, field));
  if (!root.querySelector("#faults")) fields[0]?.focus();
}
