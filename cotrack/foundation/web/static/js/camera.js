// Reads a code by the camera or from a photo, and gives it to its scan field as a wedge scanner would.
import { goOn } from "./scanner.js";

const VENDOR = new URL("../vendor/zxing-wasm-3.1.4/", import.meta.url);
const FORMATS = ["QRCode", "DataMatrix", "Code128"];
const NATIVE_FORMATS = ["qr_code", "data_matrix", "code_128"];
const LOOK_MILLISECONDS = 100;
const PATIENCE_MILLISECONDS = 60000;
const PICTURE = { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 } };

// The browser's own reader, where there is one that reads all symbols of labels.
async function nativeReader() {
  if (!("BarcodeDetector" in globalThis)) return null;
  const known = await BarcodeDetector.getSupportedFormats();
  if (!NATIVE_FORMATS.every((each) => known.includes(each))) return null;
  const detector = new BarcodeDetector({ formats: NATIVE_FORMATS });
  return async (video) => (await detector.detect(video)).map((each) => each.rawValue);
}

async function vendoredReader() {
  const { prepareZXingModule, readBarcodes } = await import(new URL("reader/index.js", VENDOR));
  const overrides = { locateFile: (file) => new URL(file, VENDOR).href };
  await prepareZXingModule({ overrides, fireImmediately: true });
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    pen.drawImage(video, 0, 0);
    const picture = pen.getImageData(0, 0, canvas.width, canvas.height);
    const found = await readBarcodes(picture, { formats: FORMATS, textMode: "Plain", maxNumberOfSymbols: 4 });
    return found.filter((each) => each.isValid).map((each) => each.symbologyIdentifier + each.text);
  };
}

// A curved bag shows its code twice; of two different codes nobody knows which was meant.
export function oneOf(texts) {
  const different = new Set(texts.map((each) => each.replace(/^\]../, "")));
  return different.size === 1 ? texts[0] : null;
}

class Scanning {
  constructor(tools, video, stream) {
    Object.assign(this, { tools, video, stream, isOver: false });
  }

  end() {
    if (this.isOver) return;
    this.isOver = true;
    this.stream.getTracks().forEach((each) => each.stop());
    this.video.remove();
    this.tools.camera.textContent = this.tools.words.camera;
  }

  async look(read) {
    const end = performance.now() + PATIENCE_MILLISECONDS;
    while (!this.isOver && performance.now() < end) {
      const texts = this.video.videoWidth ? await read(this.video) : [];
      const text = oneOf(texts);
      if (text || this.isOver) return this.isOver ? null : text;
      this.tools.say(texts.length ? "several" : "searching");
      await new Promise((go) => setTimeout(go, LOOK_MILLISECONDS));
    }
    return null;
  }
}

class Tools {
  constructor(box) {
    this.box = box;
    this.words = box.dataset;
    this.field = box.parentElement.querySelector("input[data-scan]");
    this.camera = box.querySelector("[data-open-camera]");
    this.photo = box.querySelector("[data-photo]");
    this.status = box.querySelector("[role=status]");
    this.scanning = null;
    this.isOpening = false;
  }

  say(name) {
    const words = name ? this.words[name] : "";
    if (this.status.textContent !== words) this.status.textContent = words;
  }

  take(text) {
    this.say("");
    this.field.value = text;
    goOn(this.field);
  }

  close() {
    this.scanning?.end();
    this.scanning = null;
    this.say("");
  }

  async open() {
    if (this.isOpening) return undefined;
    this.isOpening = true;
    this.say("opening");
    const stream = await navigator.mediaDevices.getUserMedia({ video: PICTURE, audio: false }).catch(() => null);
    this.isOpening = false;
    if (!stream) return this.say("none");
    const video = Object.assign(document.createElement("video"), { srcObject: stream, muted: true, playsInline: true });
    this.box.append(video);
    this.scanning = new Scanning(this, video, stream);
    this.camera.textContent = this.words.close;
    const mine = this.scanning;
    try {
      await video.play();
      const text = await mine.look((await nativeReader()) ?? (await vendoredReader()));
      if (mine.isOver) return undefined;
      this.close();
      return text ? this.take(text) : this.say("nothing");
    } catch {
      if (!mine.isOver) { this.close(); this.say("none"); }
      return undefined;
    }
  }

  async send(picture) {
    this.say("reading");
    const form = new FormData();
    form.set("form_token", this.field.form.elements.form_token.value);
    form.set("picture", picture);
    try {
      const answer = await (await fetch(this.words.read, { method: "POST", body: form })).json();
      if (answer.code) this.take(answer.code);
      else this.status.textContent = answer.fault;
    } catch {
      this.say("failed");
    }
    this.photo.value = "";
    // Whoever scans next does so into the field, not into the button.
    this.field.focus();
  }
}

export function watchCameras(root) {
  for (const box of root.querySelectorAll("[data-scan-tools]")) {
    const tools = new Tools(box);
    tools.camera.hidden = !navigator.mediaDevices?.getUserMedia;
    tools.camera.addEventListener("click", () => (tools.scanning ? tools.close() : tools.open()));
    tools.photo?.addEventListener("change", () => tools.photo.files.length && tools.send(tools.photo.files[0]));
    box.addEventListener("keydown", (event) => event.key === "Escape" && tools.close());
    tools.field.form.addEventListener("submit", () => tools.close());
    addEventListener("pagehide", () => tools.close());
    box.hidden = false;
  }
}
