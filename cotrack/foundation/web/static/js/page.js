// What every page does: catch a scan wherever the focus is, keep the focus in the scan field, one key for the language.
import { watchCameras } from "./camera.js";
import { watchOnce } from "./once.js";
import { watchScanner } from "./scanner.js";
import { startCountdowns } from "./countdown.js";
import { watchAlerts } from "./alerts.js";

document.querySelector("#faults")?.focus();
watchScanner(document);
watchCameras(document);
watchOnce(document);
startCountdowns(document);
watchAlerts(document);
