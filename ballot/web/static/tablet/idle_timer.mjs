// Nobody touched the tablet for a while: warn, then clear (people.md §6: 90 s and 60 s more).

export const QUIET = 90_000;
export const GRACE = 60_000;
const SIGNS = ["pointerdown", "keydown", "wheel", "touchmove", "focusin"];

/**
 * Call `late` once nothing was touched for `ms`; the watch ends with `signal`.
 * @param {number} ms @param {() => void} late @param {AbortSignal} signal
 */
export function watch(ms, late, signal) {
  let timer = setTimeout(late, ms);
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(late, ms);
  };
  for (const sign of SIGNS) addEventListener(sign, again, { capture: true, passive: true, signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
}

/** Call `act` once after `ms`, unless `signal` ends first. @param {number} ms @param {() => void} act @param {AbortSignal} signal */
export function after(ms, act, signal) {
  const timer = setTimeout(act, ms);
  signal.addEventListener("abort", () => clearTimeout(timer));
}
