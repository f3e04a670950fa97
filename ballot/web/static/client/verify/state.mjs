/**
 * Where a session stands after its events, and what each event changes; mirrors
 * ballot/tally/{state,effects}.py. Total: what cannot be applied changes nothing, for a verifier goes
 * on after a refused event.
 *
 * @typedef {import("./lawful.mjs").Lawful} Lawful
 * @typedef {import("./lawful.mjs").LawfulVote} LawfulVote
 * @typedef {import("../events.mjs").Event} Event
 * @typedef {import("../trustee.mjs").Seal} Seal
 * @typedef {import("./rounds.mjs").Result} Result
 * @typedef {{ present: number, attendance: string, tablet: number, paper: number,
 *   unusedSlips: number }} Issue what the one check-in of a slot gave out
 */

import { findSlot } from "../definition.mjs";
import { Invalid } from "../errors.mjs";
import { same } from "../trustee.mjs";
import { isSelection, named, tied, unionOf } from "./rounds.mjs";
import { quorumMin, sum } from "./turnout.mjs";

/** One casting of a vote. `calling`, `voided`, `paperEvent` are digests of events. */
export class Round {
  boxEmpty = false;
  /** @type {string | null} */
  opened = null;
  /** @type {string[]} */
  channels = [];
  /** @type {string | null} */
  fingerprint = null;
  /** Per channel in use, empty until the round opens. @type {{ [channel: string]: number }} */
  issued = {};
  /** @type {string | null} */
  closed = null;
  /** @type {{ [channel: string]: number }} */
  returned = {};
  /** @type {string | null} */
  root = null;
  /** The first seal of each trustee. @type {Map<string, Seal>} */
  seals = new Map();
  /** @type {any} */
  paper = null;
  /** @type {string | null} */
  paperEvent = null;
  /** @type {Map<number, string>} */
  partials = new Map();
  /** The body of the counting event in force. @type {any} */
  counted = null;
  everCounted = false;
  /** @type {string[]} */
  certificates = [];
  /** The last certificate is of what is counted. */
  current = false;
  /** @type {string | null} */
  voided = null;
  /** @type {string | null} */
  settled = null;
  /** @type {string[]} */
  drawn = [];
  /** @type {number | null} */
  vacancies = null;

  /**
   * @param {string} slot
   * @param {number} number
   * @param {"first" | "run_off" | "revote" | "second"} kind
   * @param {boolean} runOff most votes decide; also in the repeated vote of a run-off
   * @param {string[]} items
   * @param {number} seats
   * @param {string | null} [calling]
   * @param {string | null} [parent]
   */
  constructor(slot, number, kind, runOff, items, seats, calling = null, parent = null) {
    this.slot = slot;
    this.number = number;
    this.kind = kind;
    this.runOff = runOff;
    this.items = items;
    this.seats = seats;
    this.calling = calling;
    this.parent = parent;
  }

  get isOpen() {
    return Boolean(this.opened && !this.closed && !this.voided);
  }

  get isOver() {
    return this.voided !== null || this.current;
  }

  /** Whether the round has a box. */
  get tablets() {
    return this.channels.includes("tablet");
  }

  get paperDue() {
    return (this.issued.paper ?? 0) > 0 && this.paper === null;
  }

  /** The only seal the round can have: what opening and closing stated. @returns {Seal | null} */
  get seal() {
    if (this.fingerprint === null || this.root === null) return null;
    return { fingerprint: this.fingerprint, size: Number(this.returned.tablet), root: this.root };
  }

  /** The trustees who signed exactly that seal. */
  get sealers() {
    const { seal } = this;
    return [...this.seals].filter(([, one]) => seal !== null && same(one, seal)).map(([id]) => id);
  }

  /** R > I in some channel: the whole vote is void (counting rules §5.3). */
  get surplus() {
    return Object.entries(this.returned).some(([name, count]) => count > (this.issued[name] ?? 0));
  }

  /** The counted outcome of places filled. @returns {Result | null} */
  get selection() {
    const outcome = this.counted?.outcome;
    return isSelection(outcome, this.items.length) ? { items: this.items, outcome } : null;
  }

  get tieOpen() {
    const { selection } = this;
    return selection !== null && tied(selection).length > 0 && !this.settled;
  }

  /** What a certified round adds to the union of its vote. @returns {import("./rounds.mjs").Added[]} */
  results() {
    const { selection: of, drawn } = this;
    if (!of || !this.certificates.length || this.voided) return [];
    const own = { elected: named(of, of.outcome.elected), drawn: null, of };
    return drawn.length ? [own, { elected: drawn, drawn, of }] : [own];
  }
}

export class State {
  number = 0;
  /** @type {string | null} */
  last = null;
  /** Number of each event by its digest. @type {Map<string, number>} */
  log = new Map();
  defined = false;
  adopted = false;
  /** @type {string | null} */
  trustees = null;
  rulesAdopted = false;
  /** Slots of the check-in that is open. @type {string[]} */
  checkIn = [];
  /** @type {Map<string, Issue>} */
  issues = new Map();
  /** @type {Map<string, { permits: string, text: string }[]>} */
  overrides = new Map();
  /** @type {Map<string, Round>} */
  rounds = new Map();
  published = false;

  /** @param {Lawful} definition */
  constructor(definition) {
    this.definition = definition;
    for (const { slots, items, seats } of definition.votes) {
      const id = slots[0]?.id ?? "";
      this.rounds.set(id, new Round(id, 1, "first", false, items.map((item) => item.id), seats));
    }
  }

  /** The round of that slot; else `event.slot`. @param {string | null} slot @returns {Round} */
  round(slot) {
    const found = this.rounds.get(slot ?? "");
    if (!found) throw new Invalid("event.slot", `no round in slot ${slot}`);
    return found;
  }

  /** `definition.slot`. @param {string} id @returns {{ vote: LawfulVote, slot: import("../definition.mjs").Slot, number: number }} */
  slot(id) {
    return /** @type {any} */ (findSlot(/** @type {any} */ (this.definition), id));
  }

  /** The rounds of a vote so far, in their order. @param {LawfulVote} vote @returns {Round[]} */
  roundsOf(vote) {
    return vote.slots.flatMap(({ id }) => this.rounds.get(id) ?? []);
  }

  /** What the certified rounds of a vote elected. @param {LawfulVote} vote */
  union(vote) {
    return unionOf(vote.seats, this.roundsOf(vote).flatMap((one) => one.results()));
  }

  /** Whether the presidium overrode it. @param {string} slot @param {string} what */
  permits(slot, what) {
    return (this.overrides.get(slot) ?? []).some((one) => one.permits === what);
  }

  /** R12 is on and not 2R > N (counting rules §5.4). @param {Round} one */
  participationFailed(one) {
    const { rules } = this.slot(one.slot).vote;
    const returned = sum(Object.values(one.returned));
    const wanted = rules.participation_quorum === "majority_all_voting";
    return wanted && Boolean(one.closed) && 2 * returned <= this.definition.deputies;
  }

  /** R01 for the rules of that slot's vote. @param {string} slot @param {number} present */
  quorumMet(slot, present) {
    const { rules } = this.slot(slot).vote;
    return present >= quorumMin(rules.quorum, this.definition.deputies);
  }

  /** The state after `event`, whether or not it may follow. @param {Event} event */
  apply(event) {
    this.number = event.number;
    this.last = event.digest;
    this.log.set(event.digest, event.number);
    const session = SESSION[event.kind];
    if (session) session(this, event);
    else if (CALLS[event.kind]) this.#called(event);
    else {
      const one = this.rounds.get(event.slot ?? "");
      if (one) ROUND[event.kind]?.(one, event, this);
    }
  }

  /** @param {Event} event */
  #called({ kind, slot, body, digest }) {
    const found = tried(() => this.slot(slot ?? ""));
    const earlier = found ? this.roundsOf(found.vote) : [];
    const parent = earlier[earlier.length - 1];
    const as = CALLS[kind];
    if (!found || !parent || !as || slot === null || this.rounds.has(slot)) return;
    // A run-off voted again is still one: all its items have passed.
    const runOff = as === "run_off" || (as === "revote" && parent.runOff);
    this.rounds.set(
      slot,
      new Round(slot, found.number, as, runOff, body.items, body.seats, digest, parent.slot),
    );
  }
}

/** @template T @param {() => T} work @returns {T | null} */
function tried(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Invalid) return null;
    throw error;
  }
}

/** @type {{ [kind: string]: Round["kind"] }} */
const CALLS = { run_off_called: "run_off", revote_called: "revote", second_vote_called: "second" };

/** @type {{ [kind: string]: (state: State, event: Event) => void }} */
const SESSION = {
  defined: (state) => void (state.defined = true),
  adopted: (state) => void (state.adopted = true),
  rules_adopted: (state) => void (state.rulesAdopted = true),
  published: (state) => void (state.published = true),
  keys_ready: (state, { body }) => void (state.trustees ??= body.trustees),
  check_in_opened: (state, { body }) => void (state.checkIn = body.slots),
  check_in_closed: (state, { body }) => {
    state.checkIn = [];
    for (const { slot, tablet, paper } of body.issued) {
      const drawn = new Set(tried(() => state.slot(slot).slot.drawn) ?? []);
      const unusedSlips = new Set(body.unused_slips.filter((/** @type {string} */ x) => drawn.has(x))).size;
      const { present, attendance } = body;
      if (!state.issues.has(slot)) {
        state.issues.set(slot, { present, attendance, tablet, paper, unusedSlips });
      }
    }
  },
  // Without a slot it is for all slots of the check-in that is open.
  override: (state, { slot, body: { permits, text } }) => {
    for (const id of slot === null ? state.checkIn : [slot]) {
      state.overrides.set(id, [...(state.overrides.get(id) ?? []), { permits, text }]);
    }
  },
};

/** @type {{ [kind: string]: (one: Round, event: Event, state: State) => void }} */
const ROUND = {
  box_empty: (one) => void (one.boxEmpty = true),
  round_opened: (one, { body, digest }, state) => {
    if (one.opened) return;
    const issue = state.issues.get(one.slot);
    /** @type {{ [channel: string]: number }} */
    let issued = issue ? { tablet: issue.tablet, paper: issue.paper } : {};
    // The tokens are dead and papers are handed out anew (protocol §6).
    if (body.channels.join() === "paper") issued = { paper: body.issued_paper ?? 0 };
    one.opened = digest;
    one.channels = body.channels;
    one.fingerprint = body.fingerprint;
    one.issued = Object.fromEntries(one.channels.map((name) => [name, issued[name] ?? 0]));
  },
  round_closed: (one, { body, digest }) => {
    if (one.closed || !one.opened) return;
    const stated = one.channels.filter((name) => body[name]);
    one.closed = digest;
    one.returned = Object.fromEntries(stated.map((name) => [name, body[name].returned]));
    one.root = stated.includes("tablet") ? body.tablet.root : null;
  },
  sealed: (one, { body: { fingerprint, size, root }, signatures }) => {
    // The first seal of a trustee stands: there is one root per round, ever.
    const signer = signatures[0]?.signer;
    if (signer && !one.seals.has(signer)) one.seals.set(signer, { fingerprint, size, root });
  },
  paper_counted: (one, { body, digest }) => {
    Object.assign(one, { paper: body, paperEvent: digest, counted: null, current: false });
  },
  decrypted: (one, { body: { owner, partial } }) => {
    if (!one.partials.has(owner)) one.partials.set(owner, partial);
  },
  counted: (one, { body }) => {
    Object.assign(one, { counted: body, everCounted: true, current: false });
  },
  certified: (one, { body }) => {
    one.certificates.push(body.certificate);
    one.current = one.counted !== null;
  },
  voided: (one, { digest }) => void (one.voided ??= digest),
  tie_settled: (one, { body }) => {
    Object.assign(one, { settled: body.method, drawn: body.items });
  },
  vacancy_left: (one, { body }) => void (one.vacancies = body.places),
};
