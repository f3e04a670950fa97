// 投出: the same bytes until a receipt or a refusal answers them (protocol §7; people.md §6).

import { codeOfHex, decodeReceipt, findSlot, Invalid, padEnvelope, verifyReceipt } from "./core.mjs";
import { done } from "./done.mjs";
import { castAt, insist, NoAnswer, Refused } from "./network.mjs";
import { notice } from "./notices.mjs";
import { sending } from "./sending.mjs";

/** @typedef {import("./storage.mjs").Outgoing} Outgoing */

export class Casting {
  #over = new AbortController();

  /** @param {import("./app.mjs").App} app */
  constructor(app) {
    this.app = app;
  }

  /** Send what is stored, from its first send or after a reload. @param {Outgoing} outgoing */
  async send(outgoing) {
    const { app } = this;
    this.#over.abort();
    this.#over = new AbortController();
    const { signal } = this.#over;
    const { slot } = findSlot(app.meeting, outgoing.slot);
    const body = padEnvelope(slot.length, outgoing.envelope);
    /** @type {import("./sending.mjs").Phase} */
    let phase = "sending";
    app.show(sending(phase));
    const waiting = (/** @type {unknown} */ error) => {
      const now = error instanceof Refused ? "not_open" : navigator.onLine ? "retry" : "offline";
      if (now === phase) return;
      phase = now;
      app.show(sending(phase));
    };
    try {
      const answer = await insist(() => castAt(app.service.box, body), waiting, {
        signal,
        again: (error) => error instanceof NoAnswer || this.#mayYetOpen(error, outgoing.slot),
      });
      verifyReceipt(app.meeting, outgoing.slot, outgoing.tracker, decodeReceipt(answer));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused) this.#refused(error.code);
      else if (error instanceof Invalid) this.#noReceipt(error.code, outgoing);
      else throw error;
      return;
    }
    app.store.settle(true);
    app.show(done({ code: codeOfHex(outgoing.tracker), tracker: outgoing.tracker }));
  }

  stop() {
    this.#over.abort();
  }

  /**
   * The box is not open, or some word it should not say: as long as no close was announced nobody
   * knows that the ballot does not count, and the same bytes are tried again.
   * @param {unknown} error @param {string} slot
   */
  #mayYetOpen(error, slot) {
    if (!(error instanceof Refused)) return false;
    if (error.code === "round.not_open") return this.app.board.rounds.get(slot)?.state === "open";
    return !/^(token\.(spent|invalid)|envelope\.malformed|ballot\.\w+)$/.test(error.code);
  }

  /** @param {string} code */
  #refused(code) {
    const { app } = this;
    const over = [{ text: "problem.ok", act: () => app.newDocument() }];
    if (code === "round.not_open") {
      app.store.settle(true);
      app.show(notice({ key: "closed", code, ways: over }));
    } else if (code === "token.spent") {
      app.store.settle(true);
      app.show(notice({ key: "spent", code, ways: over }));
    } else if (code === "ballot.wrong_round") {
      app.store.settle(false);
      app.show(notice({ key: "wrong_ballot", code, grave: true }));
    } else {
      app.store.settle(false);
      const again = [{ text: "problem.again", act: () => app.rest() }];
      app.show(notice({ key: "refused", code, ways: again }));
    }
  }

  /** The bytes stay: the same envelope again shows its receipt. @param {string} code @param {Outgoing} outgoing */
  #noReceipt(code, outgoing) {
    const ways = [{ text: "problem.retry", act: () => void this.send(outgoing) }];
    this.app.show(notice({ key: "receipt", code, grave: true, ways }));
  }
}
