/**
 * The screens of a closed round: read the box, compare the codes, seal, decrypt. The box is read as
 * soon as it can be; a person only compares and confirms.
 *
 * @typedef {import("./trustee_device.mjs").Device} Device
 * @typedef {import("./trustee_parts.mjs").Screen} Screen
 * @typedef {import("./trustee_screens.mjs").Page} Page
 * @typedef {import("./trustee_state.mjs").Phase} Phase
 * @typedef {import("./trustee_state.mjs").Round} Round
 * @typedef {{ done: number, total: number, own: string | null, differs: boolean, error: unknown }} Reading
 *   of one box; `own`: the root that this device computed
 */

import { code } from "../client/encoding.mjs";
import { fromHex } from "../client/bytes.mjs";
import { banner, h, icon } from "../tablet/dom.mjs";
import { form, heading, meter, panel, second, t, trouble } from "./trustee_parts.mjs";
import { roundsOf } from "./trustee_state.mjs";

export class Rounds {
  /** Slot → how far its box was read in this visit. @type {Map<string, Reading>} */
  #readings = new Map();
  #device;
  #changed;

  /** @param {Device} device @param {() => void} changed */
  constructor(device, changed) {
    this.#device = device;
    this.#changed = changed;
  }

  /** @param {string} slot @param {Phase} phase @param {Page} page @returns {Screen} */
  screen(slot, phase, page) {
    const round = roundsOf(this.#device.definition, this.#device.events).find(
      (one) => one.slot === slot,
    );
    if (!round) throw new Error(`no round ${slot}`);
    const about = h("p", { class: "small" }, t("round", { title: round.title, number: round.number }));
    if (phase !== "seal" && phase !== "decrypt") {
      const nodes = [heading(t(`phase.${phase}.title`)), about, h("p", {}, t(`phase.${phase}.lead`))];
      return { nodes: [panel(...nodes)] };
    }
    void this.#read(slot, round.size);
    return phase === "seal" ? this.#seal(round, page, about) : this.#decrypt(round, page, about);
  }

  /** @param {Round} round @param {Page} page @param {Node} about @returns {Screen} */
  #seal(round, page, about) {
    const act = form(t("seal.go"), [], () => page.act(() => this.#device.seal(round.slot)));
    const { bar, codes, refused, update } = this.#reader(round, act);
    const why = h("p", { role: "status" });
    const nodes = [heading(t("seal.title")), about, h("p", {}, t("seal.lead")), bar, codes, refused];
    const say = () => {
      const may = update();
      const text = act.hidden ? "" : t(may ? "seal.may" : "seal.wait", { total: round.size });
      if (why.textContent !== text) why.textContent = text;
    };
    say();
    return { nodes: [panel(...nodes), h("div", { class: "act" }, act, why)], update: say };
  }

  /** @param {Round} round @param {Page} page @param {Node} about @returns {Screen} */
  #decrypt(round, page, about) {
    const act = form(t("decrypt.go"), [], () => page.act(() => this.#device.decrypt(round.slot)));
    const { bar, codes, refused, update } = this.#reader(round, act);
    const other = h("p", { class: "small" }, t("decrypt.other"));
    const checked = panel(heading(t("decrypt.checked")), about, codes, other);
    const decrypting = panel(
      h("h2", { class: "h2" }, t("decrypt.title")),
      h("p", {}, t("decrypt.lead", { number: round.size })),
      bar,
      refused,
      act,
      h("p", { class: "small" }, t("decrypt.time")),
    );
    update();
    return { nodes: [checked, decrypting], update };
  }

  /**
   * Progress, both codes, what went wrong; `update` says whether the box is the stated one, which
   * alone enables the button.
   * @param {Round} round @param {HTMLFormElement} act
   */
  #reader(round, act) {
    const { node: bar, set } = meter(t("seal.meter"));
    const [codes, refused] = [h("div", { class: "twincodes" }), h("div", {})];
    const go = act.querySelector("button");
    const update = () => {
      const reading = this.#reading(round);
      const { done, total, own, differs, error } = reading;
      set(done, total, t("meter", { done, total }));
      compare(codes, round.root, reading);
      this.#trouble(refused, round, reading);
      const may = own !== null && !differs;
      act.hidden = differs || error !== null;
      go?.classList.toggle("btn--seal", may);
      go?.toggleAttribute("disabled", !may);
      return may;
    };
    return { bar, codes, refused, update };
  }

  /** @param {Round} round @returns {Reading} */
  #reading({ slot, size }) {
    return this.#readings.get(slot) ?? { done: 0, total: size, own: null, differs: false, error: null };
  }

  /** @param {HTMLElement} place @param {Round} round @param {Reading} reading */
  #trouble(place, round, reading) {
    const says = reading.differs ? "differs" : reading.error ? trouble(reading.error) : "";
    if (place.dataset["says"] === says) return;
    place.dataset["says"] = says;
    const again = second(t("seal.again"), () => {
      this.#readings.delete(round.slot);
      void this.#read(round.slot, round.size);
    });
    if (reading.differs) place.replaceChildren(banner("stop", t("seal.differs")), again);
    else if (says) place.replaceChildren(banner("stop", says), again);
    else place.replaceChildren();
  }

  /** Read a box once in a visit. @param {string} slot @param {number} size */
  async #read(slot, size) {
    if (this.#readings.has(slot)) return;
    /** @type {Reading} */
    const reading = { done: 0, total: size, own: null, differs: false, error: null };
    this.#readings.set(slot, reading);
    try {
      const { own, stated } = await this.#device.read(slot, (done, total) => {
        reading.done = done;
        reading.total = total;
        this.#changed();
      });
      reading.done = reading.total = own.size;
      reading.own = own.root;
      reading.differs = own.root !== stated.root || own.size !== stated.size;
    } catch (error) {
      reading.error = error;
      // A locked key is asked for again; then the box is read anew.
      if (!this.#device.isOpen) this.#readings.delete(slot);
    }
    this.#changed();
  }
}

/** The hall's code beside the own one, in words and signs. @param {HTMLElement} place @param {string} stated @param {Reading} reading */
function compare(place, stated, { own, differs }) {
  const says = `${own} ${differs}`;
  if (place.dataset["says"] === says) return;
  place.dataset["says"] = says;
  const hall = code(fromHex(stated));
  const mine = own === null ? h("b", {}, t("codes.computing")) : h("span", { class: "code" }, code(fromHex(own)));
  const sign = own === null ? "wait" : differs ? "stop" : "yes";
  const word = own === null ? "codes.wait" : differs ? "codes.differ" : "codes.equal";
  place.replaceChildren(
    h("div", {}, h("p", {}, t("codes.hall")), h("span", { class: "code" }, hall)),
    h("p", { class: `twincodes__sign twincodes__sign--${sign}` }, icon(sign), t(word)),
    h("div", {}, h("p", {}, t("codes.own")), mine),
  );
}
