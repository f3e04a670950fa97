// The ballot on this tablet, from its opening to 投出 or 验票: marks, the encrypted ballot, its seed.

import { codeOf, findSlot, Invalid } from "./core.mjs";
import { marking } from "./marking.mjs";
import { notice } from "./notices.mjs";
import { warmQr } from "./qr_later.mjs";
import { review } from "./review.mjs";
import { testBallot } from "./test_ballot.mjs";

/**
 * @typedef {import("./core.mjs").Sealed} Sealed
 *
 * The ballot on this tablet. `marks`: one letter per item, "" where nothing is marked yet;
 * `code`: its 票面码; `limit`: the most approvals, or null.
 * @typedef {object} Ballot
 * @property {string} slot
 * @property {import("./core.mjs").Vote} vote
 * @property {number} number
 * @property {string} style
 * @property {import("./core.mjs").Item[]} items
 * @property {number | null} limit
 * @property {string} code
 * @property {string[]} marks
 */

/** No ballot is being encrypted. @type {Promise<Sealed>} */
const NEVER = new Promise(() => undefined);

export class Voting {
  /** @type {Ballot | null} */
  ballot = null;
  /** @type {Sealed | null} */
  sealed = null;
  /** @type {Promise<Sealed>} */
  sealing = NEVER;

  /** @param {import("./app.mjs").App} app */
  constructor(app) {
    this.app = app;
  }

  /** The ballot; only asked for on screens that have one. */
  get held() {
    if (!this.ballot) throw new Error("no ballot here");
    return this.ballot;
  }

  /** The stream never redraws a ballot; it only ends with its round. */
  checkStillOpen() {
    const { app } = this;
    if (!this.ballot || app.store.outgoing) return;
    // Cast: the receipt may still be shown, and nothing is left that the close could end.
    if (!app.store.wallet[this.ballot.slot]) return;
    const state = app.board.rounds.get(this.ballot.slot)?.state;
    if (state === "open" || state === undefined) return;
    this.forget();
    const ways = [{ text: "problem.ok", act: () => app.newDocument() }];
    if (state === "voided") app.showOnly(notice({ key: "voided", ways }));
    else app.showOnly(notice({ key: "closed", lead: "problem.closed.unsent", code: "round.not_open", ways }));
  }

  /** @param {string} slot */
  async open(slot) {
    try {
      const { items: ids, limit, digest } = await this.app.core.open(this.app.board, slot);
      if (this.app.board.openRound?.slot !== slot) return this.app.rest();
      const { vote, number } = findSlot(this.app.meeting, slot);
      const items = ids.flatMap((id) => vote.items.find((item) => item.id === id) ?? []);
      const marks = this.app.store.marks(slot) ?? items.map(() => "");
      const code = codeOf(digest);
      this.ballot = { slot, vote, number, style: vote.style, items, limit, code, marks };
      warmQr();
      this.mark();
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      this.app.show(notice({ key: "wrong_ballot", code: error.code, grave: true }));
    }
  }

  saveMarks() {
    const { slot, marks } = this.held;
    this.app.store.setMarks(slot, marks.some(Boolean) ? marks : null);
  }

  mark() {
    this.#forgetSealed();
    this.app.show(marking);
  }

  /** An empty ballot, with a new seed when it is checked. */
  markAnew() {
    if (!this.ballot) return this.app.rest();
    this.held.marks.fill("");
    this.saveMarks();
    this.mark();
  }

  /** Encrypting starts here, before the last tap (attack D6). */
  review() {
    const { slot, marks } = this.held;
    const token = this.app.store.wallet[slot];
    if (!token) return this.app.rest();
    const letters = marks.map((mark) => mark || "A").join("");
    const sealing = this.app.core.seal(letters, token);
    this.sealing = sealing;
    const keep = (/** @type {Sealed} */ sealed) => {
      if (this.sealing === sealing) this.sealed = sealed;
    };
    sealing.then(keep, () => undefined);
    this.app.show(review);
  }

  testBallot() {
    if (!this.sealed) return;
    const opened = this.sealed;
    this.forget();
    this.app.show(testBallot(opened));
  }

  /** 投出: the envelope takes the place of the marks, the seed is gone, then the first byte leaves. */
  cast() {
    if (!this.sealed) return;
    const { slot, tracker, envelope } = this.sealed;
    const outgoing = { slot, tracker, envelope };
    this.app.store.setOutgoing(outgoing);
    this.forget();
    void this.app.casting.send(outgoing);
  }

  /** The seed and what was encrypted with it; the next check of the ballot draws anew. */
  #forgetSealed() {
    if (this.sealing !== NEVER) this.app.core.forget();
    this.sealing = NEVER;
    this.sealed = null;
  }

  /** The marks as well. */
  forget() {
    this.#forgetSealed();
    this.ballot?.marks.fill("");
    if (this.ballot) this.app.store.setMarks(this.ballot.slot, null);
  }
}
