// Run by test_keystrokes.py, which lays the module beside this file.
import assert from "node:assert/strict";
import test from "node:test";
import { GAP_MS, Keystrokes, LEAST_BURST, SILENCE_MS, isSwallowed, once, textOfKey, withoutFrame } from "./keystrokes.js";

const CODE = "CT1BTK7QM2XPTA5ABAKZD6".padEnd(125, "7KHE5BO47S");

function typed(text, gap, from = 1000) {
  const keys = new Keystrokes();
  [...text].forEach((each, place) => keys.take(each, from + place * gap));
  return keys;
}

test("a scan of a cheap wedge, slower than a second, is one scan", () => {
  const keys = typed(CODE, 40);
  assert.equal(keys.text, CODE);
  assert.equal(keys.milliseconds(), 124 * 40);
  assert.equal(keys.pace(), "fast");
});

test("a scan of nearly ten seconds is whole, and so is one with a pause of nearly ten", () => {
  assert.equal(typed(CODE, 80).text, CODE);
  const keys = typed("AB", 9_999);
  assert.equal(keys.text, "AB");
  assert.equal(keys.pace(), "slow");
});

test("after a longer pause what lay there before is no part of the scan", () => {
  const keys = typed("stray", 10);
  keys.take("C", 1040 + 10_001);
  assert.equal(keys.text, "C");
  assert.equal(keys.milliseconds(), 0);
});

test("twenty characters at a scanner's pace are a burst, nineteen or one slow one are none", () => {
  assert.equal(typed("A".repeat(LEAST_BURST), GAP_MS).isBurst(), true);
  assert.equal(typed("A".repeat(LEAST_BURST - 1), GAP_MS).isBurst(), false);
  assert.equal(typed("A".repeat(LEAST_BURST), GAP_MS + 1).isBurst(), false);
});

test("only a burst is over by silence", () => {
  const fast = typed("A".repeat(20), 10);
  const last = 1000 + 19 * 10;
  assert.equal(fast.isOver(last + SILENCE_MS - 1), false);
  assert.equal(fast.isOver(last + SILENCE_MS), true);
  assert.equal(typed("A".repeat(20), 60).isOver(last + 60_000), false);
});

test("what an input method hands over at once counts by its characters", () => {
  const keys = new Keystrokes();
  keys.isComposed = true;
  keys.take("ＣＴ１".repeat(10), 5);
  assert.equal(keys.isBurst(), true);
  assert.equal(keys.pace(), "fast composed");
});

test("keys that type nothing give nothing, and Ctrl+] is the separator of GS1 codes", () => {
  const key = (key, more = {}) => ({ key, ctrlKey: false, altKey: false, metaKey: false, ...more });
  assert.equal(textOfKey(key("A")), "A");
  assert.equal(textOfKey(key("]", { ctrlKey: true })), "\x1d");
  const silent = ["Shift", "Dead", "F8", "Process", "CapsLock", "Enter"].map((each) => textOfKey(key(each)));
  assert.deepEqual(silent, ["", "", "", "", "", ""]);
  assert.equal(textOfKey(key("v", { ctrlKey: true })), "");
  assert.equal(textOfKey(key("l", { altKey: true })), "");
});

test("a key that an input method swallowed is known", () => {
  assert.equal(isSwallowed({ key: "Process", keyCode: 229, isComposing: false }), true);
  assert.equal(isSwallowed({ key: "a", keyCode: 229, isComposing: false }), true);
  assert.equal(isSwallowed({ key: "a", keyCode: 65, isComposing: true }), true);
  assert.equal(isSwallowed({ key: "a", keyCode: 65, isComposing: false }), false);
});

test("only what the station's scanner adds is taken away, once", () => {
  const frame = { prefix: "~", suffix: "##" };
  assert.equal(withoutFrame(`~${CODE}##`, frame), CODE);
  assert.equal(withoutFrame(`~~${CODE}`, frame), `~${CODE}`);
  assert.equal(withoutFrame(`${CODE}#`, frame), `${CODE}#`);
  assert.equal(withoutFrame(`~${CODE}##`, {}), `~${CODE}##`);
});

test("one code twice in one string is that code; two different ones stay together", () => {
  assert.equal(once(CODE + CODE), CODE);
  assert.equal(once(`~${CODE}~${CODE}`), `~${CODE}`);
  const other = CODE.replace("CT1B", "CT1T");
  assert.equal(once(CODE + other), CODE + other);
  assert.equal(once("1212"), "1212");
  assert.equal(once(CODE), CODE);
});
