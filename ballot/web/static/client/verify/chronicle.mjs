/**
 * The definition and the events, replayed: V2, V3, V4 and what V7, V8, V13 and V14 have to say of
 * events; mirrors ballot/verify/chronicle.py. It goes on after a refused event, so that everything
 * wrong is named.
 *
 * @typedef {import("../events.mjs").Event} Event
 * @typedef {import("./lawful.mjs").Lawful} Lawful
 * @typedef {import("./report.mjs").Checklist} Checklist
 * @typedef {import("./state.mjs").Round} Round
 * @typedef {import("./trustees.mjs").Trustees} Trustees
 */

import { codeOfHex, parseCode } from "../encoding.mjs";
import { Invalid } from "../errors.mjs";
import { groupNamed } from "../group.mjs";
import { MAX_EVENTS, readEvent } from "./kinds.mjs";
import { checkLengths, decodeLawful } from "./lawful.mjs";
import { obstacles } from "./lifecycle.mjs";
import { refusedSignatures } from "./signatories.mjs";
import { State } from "./state.mjs";
import { keyFaults, verifyTrustees } from "./trustees.mjs";

/** @type {{ [prefix: string]: string }} */
const SPEAKERS = {
  definition: "V2",
  keys: "V4",
  numbers: "V7",
  seal: "V8",
  certificate: "V13",
  rounds: "V14",
};

/** A session as its events tell it; `trustees` is null where the joint key is unknown. */
export class Chronicle {
  /** @type {Trustees | null} */
  trustees = null;
  /** @type {Event | null} */
  keys = null;
  /** @type {Map<string, Event>} */
  counted = new Map();
  /** The certifying events of each slot. @type {Map<string, Event[]>} */
  certified = new Map();
  /** Credentials of slips that were opened after check-in. @type {Set<string>} */
  unused = new Set();

  /** @param {Lawful} definition */
  constructor(definition) {
    this.definition = definition;
    this.state = new State(definition);
  }

  /** The rounds with a certificate, in order of their first one. @returns {Round[]} */
  rounds() {
    const found = [...this.certified.keys()].flatMap((slot) => this.state.rounds.get(slot) ?? []);
    return found.filter((one) => one.opened && !one.voided);
  }

  /** Slots of rounds that were opened and are neither certified nor voided. */
  undecided() {
    const open = [...this.state.rounds.values()].filter((one) => one.opened && !one.isOver);
    return open.map((one) => one.slot);
  }
}

/**
 * The definition; V2 as far as it goes without events. `code` is what a reader typed from the notice,
 * null without one, undefined where the caller knows the session otherwise.
 * @param {Uint8Array} data
 * @param {string | null | undefined} code
 * @param {Checklist} checks
 * @returns {Lawful | null}
 */
export function readDefinition(data, code, checks) {
  let definition;
  try {
    definition = decodeLawful(data);
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    const unread = ["document.malformed", "document.not_canonical"].includes(error.code);
    checks.failed(unread ? "V1" : "V2", error);
    return null;
  }
  const known = definition;
  checks.check("V2", () => checkLengths(known));
  if (code === null) {
    checks.unknown("V2", "record.no_code", "the session code, printed in the notice, was not given");
  } else if (code !== undefined) compareCode(code, codeOfHex(definition.session), checks);
  return definition;
}

/** @param {string} code @param {string} own @param {Checklist} checks */
function compareCode(code, own, checks) {
  try {
    const given = parseCode(code);
    if (given !== own) {
      const what = `code given ${given}, of the record ${own}`;
      checks.failed("V2", new Invalid("record.other_session", what));
    }
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    checks.unknown("V2", error.code, error.detail);
  }
}

/**
 * Replay the events; tells V2, V3 and V4.
 * @param {Iterable<Uint8Array | string>} lines
 * @param {Lawful} definition
 * @param {Checklist} checks
 * @returns {Chronicle}
 */
export function readEvents(lines, definition, checks) {
  const chronicle = new Chronicle(definition);
  let number = 0;
  for (const line of lines) {
    if (++number > MAX_EVENTS || checks.hopeless()) {
      checks.failed("V3", new Invalid("event.too_many", `reading stopped at ${number}`));
      break;
    }
    try {
      follow(chronicle, readEvent(line), checks);
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      checks.failed("V1", new Invalid(error.code, `line ${number}: ${error.detail}`));
    }
  }
  const { officers, votes } = definition;
  checks.passed("V2", { officers: officers.length, votes: votes.length });
  checks.passed("V3", { events: chronicle.state.log.size });
  return chronicle;
}

/** @param {Chronicle} chronicle @param {Event} event @param {Checklist} checks */
function follow(chronicle, event, checks) {
  const { definition, state } = chronicle;
  for (const error of obstacles(state, event)) {
    const name = SPEAKERS[String(error.code.split(".")[0])] ?? "V3";
    checks.failed(name, new Invalid(error.code, `event ${event.number}: ${error.detail}`));
  }
  state.apply(event);
  const slot = event.slot ?? "";
  switch (event.kind) {
    case "adopted":
      if (event.session !== definition.session) {
        checks.failed("V2", new Invalid("record.not_adopted", "the adoption is of another definition"));
      }
      for (const { detail } of refusedSignatures(definition, event)) {
        checks.failed("V2", new Invalid("record.not_adopted", detail));
      }
      break;
    case "keys_ready":
      if (chronicle.keys === null) takeKeys(chronicle, event, checks);
      break;
    case "check_in_closed":
      for (const slip of event.body.unused_slips) chronicle.unused.add(slip);
      break;
    case "counted":
      chronicle.counted.set(slot, event);
      break;
    case "certified":
      chronicle.certified.set(slot, [...(chronicle.certified.get(slot) ?? []), event]);
      break;
  }
}

/** @param {Chronicle} chronicle @param {Event} event @param {Checklist} checks */
function takeKeys(chronicle, event, checks) {
  const { definition } = chronicle;
  const group = groupNamed(definition.group);
  chronicle.keys = event;
  const trustees = checks.check("V4", () => verifyTrustees(group, event.body.trustees));
  chronicle.trustees = trustees;
  if (!trustees) return;
  for (const error of keyFaults(definition, event, trustees)) checks.failed("V4", error);
}

/**
 * V2 to V4 at their ends: what is missing fails in a published record; before, it is not checkable.
 * @param {Chronicle} chronicle
 * @param {Checklist} checks
 */
export function conclude({ state, definition, keys }, checks) {
  /** @param {string} name @param {string} code @param {string} detail */
  const missing = (name, code, detail) => {
    if (state.published) checks.failed(name, new Invalid(code, detail));
    else checks.unknown(name, code, detail);
  };
  if (!state.adopted) missing("V2", "record.not_adopted", "no adoption");
  if (keys === null) missing("V4", "record.no_keys", "the keys are not ready");
  else {
    const threshold = `${definition.threshold}/${definition.trustees.length}`;
    checks.passed("V4", { trustees: definition.trustees, threshold });
  }
}
