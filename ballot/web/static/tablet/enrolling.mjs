// Check-in on a paired tablet: pass → slots → blind requests → tokens → end of the check-in.
//
// What is drawn is stored before the request leaves, and every step may be repeated: the same
// device with the same pass, and the same request, get the same answer (attack E31).

import { banner, h } from "./dom.mjs";
import { bigSign, headingPlace } from "./frame.mjs";
import { Invalid, newDeviceSecret, requestBody } from "./core.mjs";
import { ask, insist, NoAnswer, Refused } from "./network.mjs";

/**
 * @typedef {import("./app.mjs").App} App
 * @typedef {"pass" | "draw" | "issue" | "verify" | "end"} Step
 */

/**
 * Go on from wherever the store stands; ends with a wallet and without a check-in.
 * @param {App} app @param {string | null} pass null after a reload, when the request was stored
 * @param {(step: Step, waits: boolean) => void} tell @param {AbortSignal} signal
 */
export async function enrol(app, pass, tell, signal) {
  const { store, core } = app;
  if (Object.keys(store.wallet).length === 0) {
    const pending = store.pending ?? (await begin(app, pass, tell, signal));
    tell("issue", false);
    const body = requestBody(pending);
    const again = (/** @type {unknown} */ error) =>
      error instanceof NoAnswer || (error instanceof Refused && error.code === "issue.signer_away");
    const answers = await insist(
      () => ask("POST", "/api/issue", body, store.device ?? ""),
      () => tell("issue", true),
      { signal, again },
    );
    tell("verify", false);
    const tokens = await core.finish(pending, answers);
    store.setWallet(Object.fromEntries(tokens.map((token) => [token.slot, token])));
  }
  if (store.device !== null) {
    tell("end", false);
    try {
      const end = () => ask("POST", "/api/check-in/end", {}, store.device ?? "");
      await insist(end, () => tell("end", true), { signal });
    } catch (error) {
      // 401: ended before, and the answer was lost.
      if (!(error instanceof Refused && error.status === 401)) throw error;
    }
    store.setDevice(null);
  }
}

/** @param {App} app @param {string | null} pass @param {(step: Step, waits: boolean) => void} tell @param {AbortSignal} signal */
async function begin({ store, core }, pass, tell, signal) {
  if (pass === null) throw new Invalid("issue.malformed", "nothing was drawn");
  tell("pass", false);
  const device = store.device ?? newDeviceSecret();
  store.setDevice(device);
  const { slots } = await insist(
    () => ask("POST", "/api/check-in", { device, pass }),
    () => tell("pass", true),
    { signal },
  );
  tell("draw", false);
  const pending = await core.draw(slots);
  store.setPending(pending);
  return pending;
}

/** @param {Step} step @param {boolean} waits @returns {import("./frame.mjs").Screen} */
export function enrolling(step, waits) {
  return (app) => ({
    name: "enrolling",
    title: app.t("check_in.working"),
    content: [
      bigSign("wait", "wait"),
      headingPlace(),
      h("p", { class: "lead" }, app.t(`check_in.step.${step}`)),
      waits && banner("wait", app.t("check_in.retry")),
    ],
  });
}
