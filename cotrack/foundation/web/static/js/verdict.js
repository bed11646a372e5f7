// Lets a verdict be heard and felt: two rising tones for go, a long low one, twice, for stop.
const PATTERNS = {
  go: { tones: [[660, 0.12], [880, 0.2]], vibration: [80] },
  stop: { tones: [[180, 0.45], [180, 0.45]], vibration: [400, 150, 400] },
};

export function play(context, tones) {
  let at = context.currentTime;
  for (const [hertz, seconds] of tones) {
    const tone = context.createOscillator();
    const loudness = context.createGain();
    tone.type = "square";
    tone.frequency.value = hertz;
    loudness.gain.value = 0.25;
    tone.connect(loudness).connect(context.destination);
    tone.start(at);
    tone.stop(at + seconds);
    at += seconds + 0.08;
  }
}

const verdict = document.querySelector("[data-verdict]");
if (verdict) {
  const pattern = PATTERNS[verdict.dataset.verdict];
  navigator.vibrate?.(pattern.vibration);
  try {
    play(new AudioContext(), pattern.tones);
  } catch {
    // A browser without sound still shows the word, the colour and the shape.
  }
}
