// What a wedge scanner types, put together: text with the instants at which it came, ended by Enter, Tab or silence.
export const GAP_MS = 50;
export const SILENCE_MS = 150;
export const LEAST_BURST = 20;
// No limit on a whole scan: a cheap wedge sends 130 characters in over a second. Only so long a pause begins anew.
const PAUSE_MS = 10_000;
const GROUP_SEPARATOR = "\x1d";

// The text that one keystroke types. A scanner sends GS (between fields of a GS1 code) as Ctrl+]; keys that type
// nothing (Shift, a dead key, a function key sent as prefix) and keys that an input method swallows give none.
export function textOfKey(event) {
  if (event.metaKey || event.altKey) return "";
  if (event.ctrlKey) return event.key === "]" || event.key === GROUP_SEPARATOR ? GROUP_SEPARATOR : "";
  return event.key.length === 1 ? event.key : "";
}

export function isSwallowed(event) {
  return event.isComposing || event.key === "Process" || event.keyCode === 229;
}

export class Keystrokes {
  constructor() {
    this.clear();
  }

  clear() {
    this.text = "";
    this.first = this.last = null;
    this.longestGap = 0;
    this.isComposed = false;
  }

  take(text, at) {
    if (this.last !== null && at - this.last > PAUSE_MS) this.clear();
    if (this.last === null) this.first = at;
    else this.longestGap = Math.max(this.longestGap, at - this.last);
    this.last = at;
    this.text += text;
  }

  // A person who types fast has pauses: only what came at a scanner's pace is ended by Tab or by silence.
  isBurst() {
    return this.text.length >= LEAST_BURST && this.longestGap <= GAP_MS;
  }

  isOver(at) {
    return this.isBurst() && at - this.last >= SILENCE_MS;
  }

  milliseconds() {
    return this.last === null ? 0 : Math.round(this.last - this.first);
  }

  // How it came, in words of a fixed list: what a person typed by hand shows in the trail.
  pace() {
    return [this.longestGap <= GAP_MS ? "fast" : "slow", this.isComposed ? "composed" : ""].filter(Boolean).join(" ");
  }
}

// A scanner that reads a label twice in one go types it twice in one string: that is one scan. Two different codes in
// one string stay together, and are refused by who reads them.
export function once(text) {
  const half = text.length / 2;
  const isTwice = half >= LEAST_BURST && text.slice(0, half) === text.slice(half);
  return isTwice ? text.slice(0, half) : text;
}

// Takes away what this station's scanner adds to every code (`site.toml`), and nothing else.
export function withoutFrame(text, { prefix = "", suffix = "" }) {
  const begun = prefix && text.startsWith(prefix) ? text.slice(prefix.length) : text;
  return suffix && begun.endsWith(suffix) ? begun.slice(0, -suffix.length) : begun;
}
