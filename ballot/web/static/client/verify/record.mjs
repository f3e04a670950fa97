/**
 * Verification of a public record, V1 to V14 of protocol §11; mirrors ballot/verify/record.py. The
 * order is that of the reading: container, definition, events with the keys, then each certified
 * round: box, totals, outcome, certificate. Nothing is thrown for what the bytes are, and no failure
 * hides another.
 *
 * @typedef {import("./crew.mjs").Crew} Crew
 * @typedef {import("./chronicle.mjs").Chronicle} Chronicle
 * @typedef {import("./container.mjs").Container} Container
 * @typedef {import("./report.mjs").Report} Report
 * @typedef {import("./state.mjs").Round} Round
 * @typedef {(done: number, total: number) => void} Told
 */

import { toHex } from "../bytes.mjs";
import { codeOfHex, sha256 } from "../encoding.mjs";
import { Invalid } from "../errors.mjs";
import { buildGate } from "../gate.mjs";
import { BoxCheck } from "./box.mjs";
import { conclude, readDefinition, readEvents } from "./chronicle.mjs";
import { readContainer, readLines, roundPath } from "./container.mjs";
import { ALONE } from "./crew.mjs";
import { Checklist } from "./report.mjs";
import { ResultCheck } from "./results.mjs";

const MAX_LINE = 4 * 2 ** 20;
export const BOX = ["V5", "V6", "V7", "V8", "V9", "V10"];
const RESULT = ["V11", "V12", "V13"];
/** SHA-256 of the README that every record has. */
const README = "75906cb48636a2e1126007e083dd926babf35989575695c0cbd2fb43dec188dc";

/**
 * Verify the bytes of a `record.zip`.
 * @param {Uint8Array} data
 * @param {string | null} code the 会议码 of the notice; V2 is not checkable without it
 * @param {Told} [told] ballots done of all
 * @param {Crew} [crew]
 * @returns {Promise<Report>}
 */
export async function verifyRecord(data, code, told = () => {}, crew = ALONE) {
  const checks = new Checklist();
  /** @type {{ [name: string]: any }} */
  const facts = { record: toHex(sha256(data)) };
  try {
    return await new RecordCheck(data, code, told, crew, checks, facts).run();
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    checks.unknown("V1", error.code, error.detail); // too large for this place, or a lost worker
    return checks.report(facts);
  }
}

class RecordCheck {
  #done = 0;
  #ballots = 0;
  /** Check → slots of rounds that it did not reach. @type {Map<string, string[]>} */
  #missed = new Map();
  #data;
  #code;
  #told;
  #crew;
  #checks;
  #facts;

  /** @param {Uint8Array} data @param {string | null} code @param {Told} told @param {Crew} crew @param {Checklist} checks @param {{ [name: string]: any }} facts */
  constructor(data, code, told, crew, checks, facts) {
    this.#data = data;
    this.#code = code;
    this.#told = told;
    this.#crew = crew;
    this.#checks = checks;
    this.#facts = facts;
  }

  async run() {
    const [checks, facts] = [this.#checks, this.#facts];
    const container = readContainer(this.#data, (error) => this.#reported(error));
    const bytes = container?.read("definition.json") ?? null;
    if (!container) return checks.report(facts);
    if (bytes === null) {
      checks.failed("V1", new Invalid("record.missing", "definition.json"));
      checks.unknown("V2", "record.missing", "definition.json");
      return checks.report(facts);
    }
    const definition = readDefinition(bytes, this.#code, checks);
    if (!definition) return checks.report(facts);
    const { practice, session, assembly, title, date } = definition;
    Object.assign(facts, { practice, session, session_code: codeOfHex(session), assembly, title, date });
    const events = container.read("events.jsonl");
    if (events === null) checks.failed("V1", new Invalid("record.missing", "events.jsonl"));
    const lines = readLines(events ?? new Uint8Array(), MAX_LINE, (error) => this.#reported(error));
    const chronicle = readEvents(lines, definition, checks);
    conclude(chronicle, checks);
    if (!chronicle.state.published) {
      checks.unknown("V3", "record.unfinished", "the record was written before it was published");
    }
    this.#members(container, chronicle);
    facts.rounds = [];
    for (const one of chronicle.rounds()) {
      if (!checks.hopeless()) facts.rounds.push(await this.#round(container, chronicle, one));
    }
    this.#conclude(chronicle);
    return checks.report(facts, practice);
  }

  /** Another kind of file is not a false one. @param {Invalid} error */
  #reported(error) {
    if (error.code !== "container.not_a_record") this.#checks.failed("V1", error);
    else this.#checks.unknown("V1", error.code, error.detail);
  }

  /** V1: every file that the events ask for, and no other. @param {Container} container @param {Chronicle} chronicle */
  #members(container, chronicle) {
    const checks = this.#checks;
    const due = new Set(["README.txt", "definition.json", "events.jsonl"]);
    for (const one of chronicle.rounds()) {
      for (const name of membersOf(one)) due.add(roundPath(one.slot, name));
    }
    const found = [...container.members.keys()];
    for (const name of [...due].sort()) {
      if (!container.members.has(name)) checks.failed("V1", new Invalid("record.missing", name));
    }
    for (const name of found) {
      if (!due.has(name)) checks.failed("V1", new Invalid("record.unexpected", name));
    }
    const readme = container.read("README.txt");
    if (readme !== null && toHex(sha256(readme)) !== README) {
      checks.failed("V1", new Invalid("record.readme", "not the text every record has"));
    }
    checks.passed("V1", { members: found.length });
  }

  /** What a reader compares, of one round. @param {Container} container @param {Chronicle} chronicle @param {Round} one */
  async #round(container, chronicle, one) {
    const { vote } = chronicle.state.slot(one.slot);
    const read = (/** @type {string} */ name) => container.read(roundPath(one.slot, name));
    const facts = {
      slot: one.slot,
      kind: one.kind,
      vote: vote.title,
      items: Object.fromEntries(
        vote.items.filter(({ id }) => one.items.includes(id)).map(({ id, title }) => [id, title]),
      ),
    };
    let box = null;
    if (one.tablets) {
      const total = chronicle.rounds().reduce((sum, { returned }) => sum + (returned.tablet ?? 0), 0);
      const told = (/** @type {number} */ ballots) => {
        this.#done += ballots;
        this.#told(this.#done, Math.max(total, this.#done));
      };
      const about = { chronicle, checks: this.#checks, one, crew: this.#crew, told };
      box = boxCheck(about);
      const [archive, admissions] = [read("election.bel"), read("admissions.jsonl")];
      // V1 names what is missing.
      if (box && archive && admissions) await box.run({ archive, admissions });
      this.#ballots += box?.count ?? 0;
      this.#note(one, BOX, box?.reached);
    }
    const rest = new ResultCheck({ chronicle, checks: this.#checks, one, box, read, draft: null });
    const stated = rest.run();
    this.#note(one, RESULT, rest.reached);
    return { ...facts, ...box?.facts(), ...stated };
  }

  /** @param {Round} one @param {string[]} names @param {Set<string> | undefined} reached */
  #note({ slot }, names, reached) {
    for (const name of names) {
      if (!reached?.has(name)) this.#missed.set(name, [...(this.#missed.get(name) ?? []), slot]);
    }
  }

  /** Passed, unless a round was not reached; checks that apply to nothing say so. @param {Chronicle} chronicle */
  #conclude(chronicle) {
    const { state } = chronicle;
    const checks = this.#checks;
    const open = chronicle.undecided();
    const all = [...state.rounds.values()];
    const tablets = all.some((one) => one.opened && one.tablets);
    for (const name of [...BOX, ...RESULT]) {
      const missed = this.#missed.get(name);
      if (missed) {
        checks.unknown(name, "verify.not_reached", `what this needs of ${missed.join(", ")} was not reached`);
      }
      if (open.length || !state.published) {
        const what = open.length ? `no certificate of ${open.join(", ")}` : "not yet";
        checks.unknown(name, "record.unfinished", what);
      }
      if (BOX.includes(name) && state.published && !tablets) {
        checks.notApplicable(name, "record.no_box", "no round with tablets");
      } else this.#passed(chronicle, name);
    }
    const later = all.filter((one) => one.calling).map((one) => one.slot);
    if (later.length) checks.passed("V14", { rounds: later });
    else checks.notApplicable("V14", "record.no_later_round", "every vote has one round");
  }

  /** @param {Chronicle} chronicle @param {string} name */
  #passed(chronicle, name) {
    const { certified, state } = chronicle;
    const certain = chronicle.rounds();
    const rounds = BOX.includes(name) ? certain.filter((one) => one.tablets) : certain;
    /** @type {{ [name: string]: any }} */
    const more = {
      V6: { ballots: this.#ballots },
      V7: { ballots: this.#ballots },
      V8: { sealers: rounds.map((one) => one.sealers.length) },
      V9: { ballots: this.#ballots },
      V10: { partials: rounds.map((one) => one.partials.size) },
      V12: { items: rounds.map((one) => one.items.length) },
      V13: { signatures: rounds.map(({ slot }) => certified.get(slot)?.slice(-1)[0]?.signatures.length) },
    };
    if (certain.length || state.published) {
      this.#checks.passed(name, { rounds: rounds.map((one) => one.slot), ...more[name] });
    }
  }
}

/** @param {Round} one */
function membersOf(one) {
  const names = ["certificate.json", "outcome.json"];
  if (one.tablets) names.push("election.bel", "admissions.jsonl");
  if (one.paper !== null) names.push("paper.json");
  return names;
}

/**
 * The check of a round's box, or null where there is no joint key, or no gate (V5 says why).
 * @param {Omit<import("./box.mjs").About, "gate">} about
 * @returns {BoxCheck | null}
 */
export function boxCheck(about) {
  const { chronicle, checks, one } = about;
  if (!chronicle.trustees) return null;
  try {
    const { items, seats, calling } = one;
    const called = calling === null ? null : { items, seats, calling };
    const definition = /** @type {any} */ (chronicle.definition);
    const gate = buildGate(definition, chronicle.trustees.y, one.slot, called);
    return new BoxCheck({ ...about, gate });
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    checks.failed("V5", new Invalid(error.code, `${one.slot}: ${error.detail}`));
    return null;
  }
}
