/**
 * What the worker does, without the worker: everything that takes long on a slow tablet. Arguments
 * and answers can be cloned; elements and gates never leave.
 *
 * @typedef {import("./ballots.mjs").Progress} Progress
 * @typedef {import("./definition.mjs").Definition} Definition
 * @typedef {import("./gate.mjs").Called} Called
 * @typedef {import("./gate.mjs").Gate} Gate
 * @typedef {import("./nonces.mjs").Random} Random
 * @typedef {import("./wallet.mjs").Pending} Pending
 * @typedef {import("./wallet.mjs").Token} Token
 * @typedef {{ slot: string, trustees: string, called: Called | null, fingerprint: string | null }} Opened
 *   a round as a `Board` knows it; `fingerprint` is RoundOpened's, or null before it
 * @typedef {{ slot: string, style: string, items: string[], limit: number | null, length: number,
 *   fingerprint: string, digest: Uint8Array }} Announced what the page shows of a gate
 * @typedef {{ envelope: string, tracker: string, opening: string }} Sealed the envelope's text, the
 *   tracker in hex, and the text of the test ballot's QR, which holds the seed: forget it at 投出
 */

import { toHex, unb64url } from "./bytes.mjs";
import * as ballots from "./ballots.mjs";
import { decodeDefinition } from "./definition.mjs";
import { sha256 } from "./encoding.mjs";
import { Invalid } from "./errors.mjs";
import { buildGate, encodeElection, jointKey } from "./gate.mjs";
import { groupNamed } from "./group.mjs";
import { randomScalar } from "./nonces.mjs";
import { MODULUS_SIZE } from "./slotkey.mjs";
import { questions } from "./styles.mjs";
import { drawTokens, finishTokens, slipToken } from "./wallet.mjs";

export class Jobs {
  /** @type {Definition | null} */
  #definition = null;
  /** @type {Map<string, Gate>} */
  #gates = new Map();
  #random;

  /** @param {Random} random */
  constructor(random) {
    this.#random = random;
  }

  /**
   * Decode the definition that all other jobs are about.
   * @param {{ definition: Uint8Array }} args
   * @returns {Definition}
   */
  pin({ definition }) {
    this.#gates.clear();
    return (this.#definition = decodeDefinition(definition));
  }

  /** @param {{ slots: string[] }} args @param {Progress} [progress] @returns {Pending} */
  draw({ slots }, progress) {
    return drawTokens(this.#pinned, slots, this.#random, progress);
  }

  /** @param {{ pending: Pending, answers: unknown }} args @returns {Token[]} */
  finish({ pending, answers }) {
    return finishTokens(this.#pinned, pending, answers);
  }

  /** @param {{ slot: string, slip: string }} args @returns {Token} */
  slip({ slot, slip }) {
    return slipToken(this.#pinned, slot, slip);
  }

  /**
   * Build the gate of a round; once it is the announced one, `encrypt` and `reopen` take it (E24,
   * E36).
   * @param {Opened} round
   * @returns {Announced}
   */
  open({ slot, trustees, called, fingerprint }) {
    const gate = buildGate(this.#pinned, jointKey(this.#pinned, trustees), slot, called);
    const { election, style, items, limit, length } = gate;
    this.#gates.delete(slot);
    if (fingerprint !== null && fingerprint !== election.fingerprint) {
      throw new Invalid("ballot.wrong_round", "not the announced ballot");
    }
    if (fingerprint !== null) this.#gates.set(slot, gate);
    return {
      slot,
      style,
      items,
      limit,
      length,
      fingerprint: election.fingerprint,
      digest: election.digest,
    };
  }

  /**
   * Encrypt, sign, seal: done before 投出, so that its duration shows nothing (attack D6).
   * @param {{ marks: string, token: Token }} args
   * @param {Progress} [progress]
   * @returns {Sealed}
   */
  encrypt({ marks, token }, progress) {
    const gate = this.#gate(token.slot);
    const seed = this.#random(32); // a fresh one for every ballot (attack A23)
    const unsigned = ballots.encrypt(gate, marks, token.credential, seed, progress);
    const signatures = token.token.map((text) => unb64url(text, MODULUS_SIZE));
    const envelope = ballots.sealEnvelope(
      gate,
      unsigned,
      BigInt(token.secret),
      signatures,
      this.#random,
    );
    ballots.pad(gate, envelope); // must fit before it is shown as ready
    const e = sha256(envelope);
    const opening = { slot: gate.slot, credential: token.credential, marks, seed, e };
    return {
      envelope: new TextDecoder().decode(envelope),
      tracker: toHex(ballots.tracker(unsigned.digest, e)),
      opening: ballots.encodeOpening(opening),
    };
  }

  /**
   * The tracker and the marks of a test ballot, on the checking device.
   * @param {{ opening: string }} args
   * @param {Progress} [progress]
   */
  reopen({ opening }, progress) {
    const found = ballots.decodeOpening(opening);
    const tracker = toHex(ballots.reopenTestBallot(this.#gate(found.slot), found, progress));
    return { slot: found.slot, marks: found.marks, tracker };
  }

  /**
   * One encryption of a made-up three-way ballot, for the capability check (people.md §9); needs no
   * definition. Any failure of the engine shows here, before a token is asked for.
   * @param {{ items?: number }} [args]
   */
  trial({ items = 12 } = {}) {
    const group = groupNamed("Ed25519");
    const titles = Array.from({ length: items }, (_, i) => String(i));
    const vote = /** @type {any} */ ({ style: "three_way", title: "", cap: "seats" });
    const y = group.powerG(randomScalar(group, this.#random));
    group.prepare(y);
    const election = encodeElection(
      group,
      y,
      "",
      "",
      questions(vote, titles, items),
      "1".repeat(22),
    );
    const gate = /** @type {Gate} */ (
      /** @type {unknown} */ ({
        session: "",
        slot: "trial",
        election,
        group,
        style: "three_way",
        items: titles,
        limit: items,
        cap: items,
        keys: [],
        drawn: [],
        length: 0,
      })
    );
    const credential = group.ser(group.powerG(randomScalar(group, this.#random)));
    return {
      tracker: toHex(ballots.encrypt(gate, "Y".repeat(items), credential, this.#random(32)).digest),
    };
  }

  get #pinned() {
    if (!this.#definition) throw new Invalid("client.not_pinned", "no definition is pinned");
    return this.#definition;
  }

  /** @param {string} slot @returns {Gate} */
  #gate(slot) {
    const found = this.#gates.get(slot);
    if (!found) throw new Invalid("ballot.wrong_round", "no ballot was announced in this slot");
    return found;
  }
}
