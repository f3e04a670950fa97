/**
 * What a verification says: fourteen numbered checks and one verdict (protocol §11); mirrors
 * ballot/verify/report.py. A check passes only when someone says so: one that never ran is not
 * checkable, so that "valid" is never said of what was not looked at (attack A2).
 *
 * @typedef {"pass" | "fail" | "not_checkable" | "not_applicable"} Status
 * @typedef {"valid" | "invalid" | "not_checkable"} Verdict
 * @typedef {{ id: string, status: Status, code: string, detail: string,
 *   evidence: { [name: string]: any } }} Check `code` and `detail` are empty where it passed
 * @typedef {{ verdict: Verdict, practice: boolean, facts: { [name: string]: any }, checks: Check[] }} Report
 */

import { Invalid } from "../errors.mjs";

export const CHECKS = Array.from({ length: 14 }, (_, i) => `V${i + 1}`);
const FINDINGS_SHOWN = 20;
export const ENOUGH_FINDINGS = 1000;
const LONGEST = 300;
// Control and formatting characters, separators other than the space, unassigned code points.
const UNPRINTABLE = /[\p{C}\p{Z}]/u;

/**
 * `value` with texts cut to 300 characters and without what could steer a terminal (attack E18).
 * @param {any} value
 * @returns {any}
 */
export function printable(value) {
  if (typeof value === "string") {
    const all = [...value];
    const cut = all.length <= LONGEST ? all : [...all.slice(0, LONGEST - 1), "…"];
    return cut.map((c) => (c !== " " && UNPRINTABLE.test(c) ? escaped(c) : c)).join("");
  }
  if (Array.isArray(value)) return value.map(printable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [printable(name), printable(entry)]),
  );
}

/** @param {string} c */
function escaped(c) {
  const short = { "\t": "\\t", "\n": "\\n", "\r": "\\r" }[c];
  const number = /** @type {number} */ (c.codePointAt(0)).toString(16);
  if (short || number.length <= 2) return short ?? `\\x${number.padStart(2, "0")}`;
  return number.length <= 4 ? `\\u${number.padStart(4, "0")}` : `\\U${number.padStart(8, "0")}`;
}

/** One sentence of the verdict: any failure, then anything not checkable. @param {Check[]} checks @returns {Verdict} */
export function verdictOf(checks) {
  if (checks.some((check) => check.status === "fail")) return "invalid";
  return checks.some((check) => check.status === "not_checkable") ? "not_checkable" : "valid";
}

/**
 * Collects what the checks find. The gravest decides: any refusal, then anything not checkable, then
 * passed, then not applicable. A check told nothing did not run.
 */
export class Checklist {
  /** All refusals so far. */
  total = 0;
  #entries = new Map(CHECKS.map((name) => [name, new Entry()]));

  /** The check ran to its end. @param {string} name @param {{ [name: string]: any }} [evidence] */
  passed(name, evidence = {}) {
    const entry = this.#entry(name);
    entry.passed = true;
    Object.assign(entry.evidence, evidence);
  }

  /** Something the check refuses. @param {string} name @param {Invalid} error */
  failed(name, error) {
    const entry = this.#entry(name);
    entry.failures++;
    this.total++;
    if (entry.findings.length < FINDINGS_SHOWN) entry.findings.push(error);
  }

  /** Something the check needs is missing. @param {string} name @param {string} code @param {string} detail */
  unknown(name, code, detail) {
    this.#entry(name).unknown ??= new Invalid(code, detail);
  }

  /** The check says nothing about this kind of input. @param {string} name @param {string} code @param {string} detail */
  notApplicable(name, code, detail) {
    this.#entry(name).aside = new Invalid(code, detail);
  }

  /**
   * The value of `work`, or null after its refusal failed the check.
   * @template T
   * @param {string} name
   * @param {() => T} work
   * @returns {T | null}
   */
  check(name, work) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      this.failed(name, error);
      return null;
    }
  }

  /** Whether so much was refused that going on would only cost time (attack E18). */
  hopeless() {
    return this.total >= ENOUGH_FINDINGS;
  }

  /** The report on everything told so far. @param {{ [name: string]: any }} facts @param {boolean} [practice] @returns {Report} */
  report(facts, practice = false) {
    const checks = [...this.#entries].map(([name, entry]) => entry.check(name));
    return { verdict: verdictOf(checks), practice, facts: printable(facts), checks };
  }

  /** @param {string} name */
  #entry(name) {
    const found = this.#entries.get(name);
    if (!found) throw new RangeError(`no check ${name}`);
    return found;
  }
}

class Entry {
  passed = false;
  failures = 0;
  /** @type {Invalid[]} */
  findings = [];
  /** @type {Invalid | null} */
  unknown = null;
  /** @type {Invalid | null} */
  aside = null;
  /** @type {{ [name: string]: any }} */
  evidence = {};

  /** @param {string} id @returns {Check} */
  check(id) {
    const { findings, failures } = this;
    const listed = findings.map(({ code, detail }) => ({ code, detail }));
    const all = findings.length ? { ...this.evidence, failures, findings: listed } : this.evidence;
    const evidence = printable(all);
    const told = findings[0] ?? this.unknown;
    if (!told && this.passed) return { id, status: "pass", code: "", detail: "", evidence };
    const said =
      told ?? this.aside ?? new Invalid("verify.not_reached", "what this check needs was not reached");
    const status = findings.length ? "fail" : !told && this.aside ? "not_applicable" : "not_checkable";
    return { id, status, code: said.code, detail: printable(said.detail), evidence };
  }
}
