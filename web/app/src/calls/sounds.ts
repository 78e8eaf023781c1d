// Two sounds, made on the spot: a cup for what is said to you, a tap for a message in the open room. At most one in
// five seconds, and none while one types.
const gap_ms = 5000;
/** How long somebody who just typed is typing. */
const typing_ms = 2000;

let last = -gap_ms;
let typed = -typing_ms;
let context: AudioContext | undefined;

document.addEventListener('keydown', () => {
  typed = performance.now();
});

/** Two partials that fade within 180 ms. */
export function cup(): void {
  play([880, 1320], 0.18, 0.12);
}

export function tap(): void {
  play([420], 0.06, 0.08);
}

function play(tones: readonly number[], length_s: number, loud: number): void {
  const now = performance.now();
  if (now - last < gap_ms || now - typed < typing_ms) return;
  last = now;
  context ??= new AudioContext();
  const begin = context.currentTime;
  for (const tone of tones) {
    const [source, volume] = [context.createOscillator(), context.createGain()];
    source.frequency.value = tone;
    volume.gain.setValueAtTime(loud / tones.length, begin);
    volume.gain.exponentialRampToValueAtTime(0.0001, begin + length_s);
    source.connect(volume).connect(context.destination);
    source.start(begin);
    source.stop(begin + length_s);
  }
}
