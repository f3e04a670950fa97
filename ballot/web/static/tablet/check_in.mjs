// Check-in as the deputy sees it: a pass typed or scanned on a paired tablet, a slip on a shared one.

import { codePad, foldPass, foldSlip, PASS_KEYS, SLIP_KEYS } from "./code_pad.mjs";
import { Invalid, parseCode, parseSlip } from "./core.mjs";
import { enrol, enrolling } from "./enrolling.mjs";
import { Refused } from "./network.mjs";
import { notice } from "./notices.mjs";

export class CheckIn {
  /** @param {import("./app.mjs").App} app */
  constructor(app) {
    this.app = app;
  }

  open() {
    this.app.show(codePad(this.app.shared ? this.#slipPad : this.#passPad));
  }

  /** @type {import("./code_pad.mjs").Pad} */
  #passPad = {
    name: "check_in",
    rows: PASS_KEYS,
    length: 12,
    group: 4,
    fold: foldPass,
    take: (text) => {
      try {
        void this.go(parseCode(text));
      } catch {
        this.app.show(codePad(this.#passPad, "problem.code.malformed"));
      }
    },
  };

  /** @type {import("./code_pad.mjs").Pad} */
  #slipPad = {
    name: "drawn",
    rows: SLIP_KEYS,
    length: 15,
    group: 3,
    fold: foldSlip,
    take: (text) => void this.#takeSlip(text),
  };

  /** A slip opens one ballot, in memory. @param {string} text */
  async #takeSlip(text) {
    const slot = this.app.board.openRound?.slot;
    if (slot === undefined) return this.app.rest();
    try {
      const token = await this.app.core.slip(slot, parseSlip(text));
      this.app.store.setWallet({ [slot]: token });
      this.app.rest();
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      const why = error.code === "code.malformed" ? "slip" : "foreign";
      this.app.show(codePad(this.#slipPad, `problem.code.${why}`));
    }
  }

  /** @param {string | null} pass */
  async go(pass) {
    const over = new AbortController();
    /** @type {(step: import("./enrolling.mjs").Step, waits: boolean) => void} */
    const tell = (step, waits) => this.app.show(enrolling(step, waits));
    try {
      await enrol(this.app, pass, tell, over.signal);
      this.app.rest();
    } catch (error) {
      if (error instanceof Refused) this.#refusedCheckIn(error);
      else if (error instanceof Invalid) {
        this.app.show(notice({ key: "issue", lead: "problem.issue.answer", code: error.code, grave: true }));
      } else throw error;
    }
  }

  /** @param {Refused} error */
  #refusedCheckIn({ code, status }) {
    const { store } = this.app;
    if (!store.pending) {
      store.setDevice(null); // this pass opened nothing
      const key = `problem.${code}`;
      this.app.show(codePad(this.#passPad, this.app.texts.has(key) ? key : "problem.pass.unknown"));
      return;
    }
    const again = { text: "problem.retry", act: () => void this.go(null) };
    if (code === "issue.malformed" || code === "issue.closed") {
      this.app.show(notice({ key: "issue", lead: `problem.${code}`, code, ways: [again] }));
      return;
    }
    // Nothing can come of this request any more; the next check-in draws anew.
    store.setWallet({});
    store.setDevice(null);
    const key = status === 401 ? "problem.issue.device" : `problem.${code}`;
    const lead = this.app.texts.has(key) ? key : "problem.issue.malformed";
    const ways = [{ text: "problem.ok", act: () => this.app.rest() }];
    this.app.show(notice({ key: "issue", lead, code, ways }));
  }
}
