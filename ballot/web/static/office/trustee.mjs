/**
 * The scrutineers' page: it looks at board and events every two seconds, does what can be done
 * without its owner, and shows the one thing that its owner does next.
 */

import { Invalid } from "../client/errors.mjs";
import { api, Refused } from "./api.mjs";
import { part, show } from "./page.mjs";
import { Device } from "./trustee_device.mjs";
import { people, tabs } from "./trustee_people.mjs";
import { Rounds } from "./trustee_rounds.mjs";
import { t, trouble } from "./trustee_parts.mjs";
import { handIn, offerBoxes } from "./trustee_handing.mjs";
import * as screens from "./trustee_screens.mjs";
import { phaseOf, roundsOf, stageOf } from "./trustee_state.mjs";

const BEAT = 2000; // ms between two looks
const given = JSON.parse(part("given", HTMLScriptElement).textContent ?? "{}");

/** @typedef {import("./trustee_parts.mjs").Screen} Screen */

class Page {
  /** What was found wrong in the ceremony; its owner has to know. @type {Invalid | Refused | null} */
  alarm = null;
  /** The key of the screen that is shown, and what refreshes it. */
  #shown = "";
  /** @type {Screen | null} */
  #screen = null;
  #busy = false;
  /** Looks follow one another. @type {Promise<void>} */
  #looks = Promise.resolve();
  #exporting = false;

  /** @param {Device} device */
  constructor(device) {
    this.device = device;
    this.rounds = new Rounds(device, () => this.render());
  }

  /** Look, act, show; and again. */
  async run() {
    for (;;) {
      await this.look();
      await new Promise((resolve) => setTimeout(resolve, BEAT));
    }
  }

  look() {
    return (this.#looks = this.#looks.then(() => this.#look()));
  }

  async #look() {
    const { device } = this;
    try {
      await device.refresh();
      show(part("offline", HTMLElement), false);
      if (device.isOver) await device.forgetCeremony();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      show(part("offline", HTMLElement), true);
    }
    await this.advance();
    this.render();
  }

  /** What needs no hand: the documents of the ceremony, the reading of a closed box. */
  async advance() {
    const { device } = this;
    if (this.#busy || !device.isOpen) return;
    this.#busy = true;
    try {
      await device.advance();
      if (!device.isOver) this.alarm = null;
    } catch (error) {
      this.#trouble(error);
    } finally {
      this.#busy = false;
    }
  }

  /** @param {unknown} error */
  #trouble(error) {
    if (error instanceof Invalid) {
      if (error.code !== "key.locked") this.alarm = error;
    } else if (!(error instanceof Refused)) throw error;
    else if (error.code === "office.signed_out") location.reload(); // and so to the login
    else if (error.status >= 400 && error.status < 500) this.alarm = error;
  }

  /**
   * Something its owner asked for, between two looks: the page does nothing else meanwhile.
   * @param {() => Promise<void>} act
   */
  async act(act) {
    while (this.#busy) await new Promise((resolve) => setTimeout(resolve, 50));
    this.#busy = true;
    try {
      await act();
    } finally {
      this.#busy = false;
    }
    await this.look();
  }

  render() {
    const { device } = this;
    const [key, make] = this.#choose();
    if (key !== this.#shown) {
      const first = this.#shown === "";
      this.#shown = key;
      this.#screen = make();
      part("screen", HTMLElement).replaceChildren(...this.#screen.nodes);
      const heading = part("screen", HTMLElement).querySelector("h1");
      if (!first && heading) heading.focus();
    }
    this.#screen?.update?.();
    const round = this.#round();
    tabs(device, round);
    people(device, round);
    screens.conflicts(device);
    offerBoxes(device);
  }

  /** The round that its owner works on: the first that is not counted, or else the last. */
  #round() {
    const { definition, events } = this.device;
    const rounds = roundsOf(definition, events);
    return rounds.find(({ counted, voided }) => !counted && !voided) ?? rounds.at(-1) ?? null;
  }

  /** @returns {[string, () => Screen]} */
  #choose() {
    const { device } = this;
    const { isOver } = device;
    if (isOver && !(device.has("official") && device.has("share"))) {
      return ["restore", () => screens.restore(this)];
    }
    if (!device.has("official")) return ["no_key", () => screens.plain("no_key", "/office/key")];
    if (!device.isNamed) return ["other_key", () => screens.plain("other_key", "/office/key")];
    if (!device.isAdopted) return ["not_adopted", () => screens.plain("not_adopted")];
    if (isOver) {
      const round = this.#round();
      if (!round) return ["idle", () => screens.plain("idle")];
      const phase = phaseOf(device.definition, round, device.me, device.barred);
      if (!device.isOpen && (phase === "seal" || phase === "decrypt")) {
        return ["unlock", () => screens.unlock(this)];
      }
      return [`${round.slot} ${phase}`, () => this.rounds.screen(round.slot, phase, this)];
    }
    if (!device.isOpen) return ["unlock", () => screens.unlock(this)];
    if (this.alarm) {
      const { alarm } = this;
      return [`alarm ${alarm.message}`, () => screens.alarm(this, alarm)];
    }
    const { kept } = device;
    const given = { over: isOver, seed: device.has("seed"), share: device.trustees !== null, kept };
    let stage = stageOf(given);
    if (this.#exporting && stage === "drill") stage = "export";
    return [stage, () => screens.ceremony(stage, this)];
  }

  /** The copy was saved or printed: on to the drill. */
  async exported() {
    await this.device.exported();
    this.#exporting = false;
  }

  /** What was printed can be printed again, until the drill is done. */
  exportAgain() {
    this.#exporting = true;
    this.render();
  }
}

/** One page at a time works with the journal of this browser. */
async function main() {
  const raw = await api.bytes("/api/definition");
  const device = new Device(raw, given.me, given.box);
  await device.load();
  const page = new Page(device);
  part("hand_in", HTMLElement).append(handIn(page));
  await page.run();
}

/** @param {unknown} error */
function fail(error) {
  const found = screens.failed(trouble(error));
  part("screen", HTMLElement).replaceChildren(...found.nodes);
  throw error;
}

const { locks } = navigator;
if (locks) {
  void locks.request(`ballot-trustee/${given.me}`, { ifAvailable: true }, (lock) =>
    lock ? main().catch(fail) : fail(new Error(t("second_window"))),
  );
} else main().catch(fail);
