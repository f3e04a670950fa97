/**
 * The session as its events tell it, as far as a tablet acts on it: adoption, joint key, check-in,
 * rounds. Every event must stand in the chain; those acted on must be signed by whom they need
 * (attacks E23-E25). What may follow what is decided by the services and checked by the verifier
 * (ballot/tally/lifecycle.py); of that the board keeps what would make a tablet vote wrongly.
 *
 * @typedef {{ slot: string, kind: "first" | "run_off" | "revote" | "second_vote",
 *   called: Called | null, state: "waiting" | "open" | "closed" | "voided",
 *   channels: string[], fingerprint: string | null }} Round
 * @typedef {import("./definition.mjs").Definition} Definition
 * @typedef {import("./events.mjs").Event} Event
 * @typedef {import("./gate.mjs").Called} Called
 * @typedef {import("./gate.mjs").Gate} Gate
 * @typedef {import("./group_base.mjs").Element} Element
 */

import { utf8 } from "./bytes.mjs";
import { findSlot } from "./definition.mjs";
import { Invalid } from "./errors.mjs";
import { checkSignatures, decodeEvent, isActedOn } from "./events.mjs";
import { buildGate, jointKey } from "./gate.mjs";

const BEFORE_ADOPTION = ["defined", "adopted", "objection", "adjourned"];

export class Board {
  /** @param {Definition} definition */
  constructor(definition) {
    this.definition = definition;
    /** Number and digest of the last event. */
    this.number = 0;
    /** @type {string | null} */
    this.last = null;
    this.adopted = false;
    /** The bytes that all trustees signed. @type {string | null} */
    this.trustees = null;
    /** The joint key. @type {Element | null} */
    this.y = null;
    /** Slots of the open check-in. @type {string[]} */
    this.checkIn = [];
    this.published = false;
    /**
     * Rounds that exist: the first of each vote, and those that were called.
     * @type {Map<string, Round>}
     */
    this.rounds = new Map();
    for (const { slots } of definition.votes) if (slots[0]) this.#add(slots[0].id, "first", null);
    /** @type {Set<string>} */
    this.digests = new Set();
  }

  /** The round that is open now, on whatever channels. @returns {Round | null} */
  get openRound() {
    return [...this.rounds.values()].find((round) => round.state === "open") ?? null;
  }

  /**
   * Take the next line, or throw and stay as before: `event.malformed`, `event.session`,
   * `event.chain`, `event.log`, `event.order`, `event.slot`, signatures as `checkSignatures`.
   * @param {string | Uint8Array} line without its line end
   * @returns {Event}
   */
  append(line) {
    const event = decodeEvent(typeof line === "string" ? utf8(line) : line);
    this.#checkPlace(event);
    if (isActedOn(event.kind)) {
      checkSignatures(this.definition, event);
      this.#act(event);
    }
    this.number = event.number;
    this.last = event.digest;
    this.digests.add(event.digest);
    return event;
  }

  /**
   * The gate of a round; `ballot.wrong_round` when the election document that follows from the
   * signed documents is not the one that RoundOpened announced (attack E24).
   * @param {string} slot
   * @returns {Gate}
   */
  gate(slot) {
    const round = this.#round(slot);
    if (this.y === null)
      throw new Invalid("keys.not_ready", "the trustees have not signed the joint key");
    const gate = buildGate(this.definition, this.y, slot, round.called);
    if (round.fingerprint !== null && round.fingerprint !== gate.election.fingerprint) {
      throw new Invalid("ballot.wrong_round", "not the announced ballot");
    }
    return gate;
  }

  /** @param {Event} event */
  #checkPlace(event) {
    if (event.session !== this.definition.session)
      throw new Invalid("event.session", "an event of another session");
    if (event.number !== this.number + 1 || event.previous !== this.last) {
      throw new Invalid("event.chain", `${event.kind} does not follow event ${this.number}`);
    }
    if ("log" in event.body && !this.digests.has(event.body.log)) {
      throw new Invalid("event.log", `${event.kind}: the log names no earlier event`);
    }
    if (this.published && event.kind !== "objection")
      throw order(`${event.kind} after the publication`);
    if (event.number === 1 && event.kind !== "defined")
      throw order(`${event.kind} before the definition`);
    if (!this.adopted && !BEFORE_ADOPTION.includes(event.kind))
      throw order(`${event.kind} before the adoption`);
  }

  /** @param {Event} event */
  #act({ kind, slot, body, digest, number }) {
    const about = slot ?? "";
    switch (kind) {
      case "defined":
        if (number !== 1) throw order("defined a second time");
        return;
      case "adopted":
        if (this.adopted) throw order("adopted a second time");
        this.adopted = true;
        return;
      case "keys_ready":
        if (this.trustees !== null) throw order("keys_ready a second time");
        this.y = jointKey(this.definition, body.trustees);
        this.trustees = body.trustees;
        return;
      case "check_in_opened":
        if (this.trustees === null || this.checkIn.length)
          throw order("keys are not ready, or a check-in is open");
        for (const id of body.slots) this.#known(id);
        this.checkIn = body.slots;
        return;
      case "check_in_closed":
        if (!this.checkIn.length) throw order("no check-in is open");
        this.checkIn = [];
        return;
      case "round_opened": {
        const round = this.#round(about);
        if (this.trustees === null || round.state !== "waiting" || this.openRound) {
          throw order(`the round in slot ${about} cannot open now`);
        }
        if ((body.fingerprint === null) === body.channels.includes("tablet")) {
          throw new Invalid("event.channels", "a fingerprint stands exactly where tablets vote");
        }
        this.rounds.set(about, {
          ...round,
          state: "open",
          channels: body.channels,
          fingerprint: body.fingerprint,
        });
        return;
      }
      case "round_closed":
        if (this.#round(about).state !== "open") throw order(`no round is open in slot ${about}`);
        this.rounds.set(about, { ...this.#round(about), state: "closed" });
        return;
      case "voided":
        if (!["open", "closed"].includes(this.#round(about).state))
          throw order(`${about} was not opened`);
        this.rounds.set(about, { ...this.#round(about), state: "voided" });
        return;
      case "published":
        if (this.openRound) throw order("a round is open");
        this.published = true;
        return;
      default:
        this.#call(/** @type {Round["kind"]} */ (kind.replace("_called", "")), about, body, digest);
    }
  }

  /**
   * The n-th round of a vote uses its n-th slot (attack E36).
   * @param {Round["kind"]} kind
   * @param {string} slot
   * @param {any} body
   * @param {string} calling
   */
  #call(kind, slot, body, calling) {
    const { vote, number } = this.#known(slot);
    const earlier = vote.slots.filter(({ id }) => this.rounds.has(id));
    const parent = this.rounds.get(earlier[earlier.length - 1]?.id ?? "");
    if (this.rounds.has(slot) || number !== earlier.length + 1) {
      throw new Invalid("event.slot", `${slot} is not slot ${earlier.length + 1} of the vote`);
    }
    if (parent?.state !== (kind === "revote" ? "voided" : "closed")) {
      throw new Invalid(
        "rounds.parent",
        "the round before is not over in the way that calls for this",
      );
    }
    /** @type {string[]} */
    const items = body.items;
    const listed = new Set(vote.items.map((item) => item.id));
    if (items.some((id) => !listed.has(id)))
      throw new Invalid("rounds.items", "an item of no such vote");
    this.#add(slot, kind, { items, seats: body.seats, calling });
  }

  /** @param {string} slot @param {Round["kind"]} kind @param {Called | null} called */
  #add(slot, kind, called) {
    this.rounds.set(slot, {
      slot,
      kind,
      called,
      state: "waiting",
      channels: [],
      fingerprint: null,
    });
  }

  /** @param {string} slot @returns {Round} */
  #round(slot) {
    const found = this.rounds.get(slot);
    if (!found) throw new Invalid("event.slot", `no round in slot ${slot}`);
    return found;
  }

  /** @param {string} slot */
  #known(slot) {
    try {
      return findSlot(this.definition, slot);
    } catch {
      throw new Invalid("event.slot", `no slot ${slot.slice(0, 40)}`);
    }
  }
}

/** @param {string} what */
function order(what) {
  return new Invalid("event.order", what);
}
