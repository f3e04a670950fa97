/**
 * Totals, outcome and certificate of one round, V11 to V13; mirrors ballot/verify/certificates.py.
 * Everything is computed anew from the box, the paper sheet and the adopted rules, and then compared
 * with what was stated, byte for byte.
 *
 * @typedef {import("../events.mjs").Event} Event
 * @typedef {import("./box.mjs").BoxCheck} BoxCheck
 * @typedef {import("./certificate.mjs").ChannelCount} ChannelCount
 * @typedef {import("./certificate.mjs").Facts} Facts
 * @typedef {import("./chronicle.mjs").Chronicle} Chronicle
 * @typedef {import("./report.mjs").Checklist} Checklist
 * @typedef {import("./state.mjs").Round} Round
 * @typedef {{ chronicle: Chronicle, checks: Checklist, one: Round, box: BoxCheck | null,
 *   read: (name: string) => Uint8Array | null, draft: any }} About `read` gives the files of the
 *   round; `draft` is a certificate that nobody has signed, or null
 */

import { toHex } from "../bytes.mjs";
import { CHANNELS } from "../definition.mjs";
import { codeOfHex, dumps, loads } from "../encoding.mjs";
import { Invalid } from "../errors.mjs";
import { digest } from "../encoding.mjs";
import { addTotals, buildCertificate, roundOutcome } from "./certificate.mjs";
import { ANSWERS, refusedSheet, shaped, unionOf } from "./rounds.mjs";

export class ResultCheck {
  /** Checks that ran to their end on this round. @type {Set<string>} */
  reached = new Set();
  /** What `certificate.json` holds. @type {any} */
  #document = null;
  /** The certificate rebuilt, where that could be done. @type {any} */
  due = null;
  #about;

  /** @param {About} about */
  constructor(about) {
    this.#about = about;
  }

  /** All checks of the round; what a reader compares with the notice. */
  run() {
    const { draft } = this.#about;
    const document = draft ? { certificate: draft, signatures: [] } : this.#read("certificate.json");
    this.#document = isObject(document) ? document : {};
    const channels = this.#channels();
    const facts = channels && this.#facts(channels);
    if (facts) {
      this.#totals(facts);
      this.#outcome(facts);
    }
    return this.#certificate(facts);
  }

  /** @param {string} name @param {string} code @param {string} detail */
  #failed(name, code, detail) {
    const { checks, one } = this.#about;
    checks.failed(name, new Invalid(code, `${one.slot}: ${detail}`));
  }

  /** A document of the round, or null; V1 names what is missing or not canonical. @param {string} name @returns {any} */
  #read(name) {
    const data = this.#about.read(name);
    if (data === null) return null;
    try {
      return loads(data);
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      this.#failed("V1", error.code, `${name}: ${error.detail}`);
      return null;
    }
  }

  // V11.

  /** I, R, V and totals per channel; null while those of the tablets are not known. @returns {ChannelCount[] | null} */
  #channels() {
    const { one, box } = this.#about;
    const found = [];
    for (const name of CHANNELS.filter((channel) => one.channels.includes(channel))) {
      const issued = one.issued[name] ?? 0;
      if (name === "paper") found.push(this.#paper(issued, one.returned.paper ?? 0));
      else if (!box || !box.totals) return null;
      else {
        const { count, totals } = box;
        found.push({ name, issued, returned: count, valid: count, totals });
      }
    }
    return found;
  }

  /** @param {number} issued @param {number} returned @returns {ChannelCount} */
  #paper(issued, returned) {
    const { one } = this.#about;
    const sheet = one.paper;
    if (sheet === null) return { name: "paper", issued, returned, valid: 0, totals: this.#nothing() };
    for (const { code, detail } of refusedSheet(this.#vote, one, sheet)) this.#failed("V11", code, detail);
    const rows = shaped(sheet.rows, this.#vote, one) ? sheet.rows : this.#nothing();
    return { name: "paper", issued, returned: sheet.returned, valid: sheet.valid, totals: rows };
  }

  get #vote() {
    const { chronicle, one } = this.#about;
    return chronicle.state.slot(one.slot).vote;
  }

  #nothing() {
    const width = ANSWERS[this.#vote.style] ?? 0;
    return this.#about.one.items.map(() => Array(width).fill(0));
  }

  /** @param {Facts} facts */
  #totals({ totals }) {
    const { one, box, draft } = this.#about;
    const stated = this.#counted();
    if (!same(stated?.totals, totals) || !same(stated?.tablet, box ? box.totals : null)) {
      this.#failed("V11", "record.totals", "the totals counted are not those of tablets and papers");
    }
    if (!draft) {
      const outcome = this.#read("outcome.json");
      if (isObject(outcome) && !same(outcome.totals, totals)) {
        this.#failed("V11", "record.totals", "outcome.json states other totals");
      }
      if (!same(this.#read("paper.json"), one.paper)) {
        this.#failed("V11", "record.paper", "paper.json is not the valid sheet");
      }
    }
    this.reached.add("V11");
  }

  #counted() {
    return this.#about.chronicle.counted.get(this.#about.one.slot)?.body;
  }

  // V12.

  /** @param {ChannelCount[]} channels @returns {Facts | null} */
  #facts(channels) {
    const { one, chronicle, box, draft } = this.#about;
    const { state } = chronicle;
    const issue = state.issues.get(one.slot);
    const [event, stated] = [this.#event, this.#stated];
    const minute = draft ? String(stated.minute) : event?.minute;
    if (!issue || minute === undefined) return null;
    const replaced = draft ? one.certificates : one.certificates.slice(0, -1);
    return {
      slot: one.slot,
      roundKind: one.kind,
      runOff: one.runOff,
      replaces: replaced[replaced.length - 1] ?? null,
      calling: one.calling,
      fingerprint: one.fingerprint,
      attendance: issue.attendance,
      present: issue.present,
      channels,
      unusedSlips: issue.unusedSlips,
      sealed: box ? { size: box.count, root: one.root ?? "" } : null,
      archive: box ? box.archive : null,
      log: String(stated.log ?? ""),
      overrides: (state.overrides.get(one.slot) ?? []).map(({ text }) => text),
      items: one.items,
      seats: one.seats,
      totals: channels.map((channel) => channel.totals).reduce(addTotals, this.#nothing()),
      paper: one.paper,
      before: this.#before(),
      minute,
    };
  }

  /** Items that earlier rounds elected. */
  #before() {
    const { chronicle, one } = this.#about;
    const earlier = chronicle.state.roundsOf(this.#vote).filter((x) => x.number < one.number);
    try {
      return unionOf(this.#vote.seats, earlier.flatMap((entry) => entry.results())).elected;
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      this.#failed("V14", error.code, error.detail);
      return [];
    }
  }

  /** @param {Facts} facts */
  #outcome(facts) {
    const { chronicle, one, read, draft } = this.#about;
    const outcome = roundOutcome(chronicle.definition, facts);
    /** @param {any} found @param {any} due @param {string} what */
    const compare = (found, due, what) => {
      if (!same(found, due)) this.#failed("V12", "record.outcome", what);
    };
    compare(this.#counted()?.outcome, outcome, "the outcome counted is not what the rules give");
    if (!draft) {
      const due = dumps({ items: one.items, outcome, totals: facts.totals });
      const data = read("outcome.json");
      compare(data && toHex(data), toHex(due), "outcome.json is not what the rules give");
    }
    compare(this.#stated.outcome, outcome, "the certificate states another outcome");
    this.reached.add("V12");
  }

  // V13.

  /** The last certifying event. @returns {Event | null} */
  get #event() {
    const events = this.#about.chronicle.certified.get(this.#about.one.slot) ?? [];
    return events[events.length - 1] ?? null;
  }

  get #stated() {
    const found = this.#document.certificate;
    return isObject(found) ? found : {};
  }

  /** @param {Facts | null} facts @returns {{ [name: string]: any }} */
  #certificate(facts) {
    const { chronicle, one, box, draft } = this.#about;
    const [event, stated] = [this.#event, this.#stated];
    if ((!event && !draft) || !Object.keys(stated).length) return {};
    const own = digest(stated);
    if (event && !draft) this.#signed(event, own);
    this.#log(String(stated.log), draft || !event ? Infinity : event.number);
    if (facts) {
      this.due = buildCertificate(chronicle.definition, facts);
      this.#compare(stated, this.due);
      this.reached.add("V13");
    } else if (box?.archive && box.archive !== stated.archive) {
      this.#failed("V13", "certificate.content", "the certificate says otherwise of archive");
    }
    return {
      certificate: own,
      certificate_code: codeOfHex(own),
      replaced: draft ? one.certificates : one.certificates.slice(0, -1),
      totals: stated.totals,
      elected: stated.elected,
    };
  }

  /** @param {Event} event @param {string} own */
  #signed({ body, signatures: by }, own) {
    if (body.certificate !== own) {
      const what = "certificate.json is not the certificate that was signed";
      this.#failed("V13", "certificate.digest", what);
    }
    const signatures = by.map(({ signer, role, signature }) => ({ role, signature, signer }));
    if (!same(this.#document, { certificate: this.#stated, signatures })) {
      const what = "certificate.json has not exactly the signatures of its event";
      this.#failed("V13", "certificate.signatures", what);
    }
  }

  /** The signers saw what was counted, and nothing that came after they signed (E25). @param {string} log @param {number} before */
  #log(log, before) {
    const { chronicle, one } = this.#about;
    const first = chronicle.counted.get(one.slot)?.number ?? 0;
    const at = chronicle.state.log.get(log) ?? -1;
    if (at < first || at >= before) this.#failed("V13", "certificate.log", "not an event since the count");
  }

  /** @param {any} stated @param {any} due */
  #compare(stated, due) {
    if (same(stated, due)) return;
    const names = [...new Set([...Object.keys(stated), ...Object.keys(due)])].sort();
    const found = names.filter((name) => !same(stated[name], due[name])).join(", ");
    this.#failed("V13", "certificate.content", `the certificate says otherwise of ${found}`);
  }
}

/** @param {any} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Equality of values by their canonical bytes. @param {any} a @param {any} b */
function same(a, b) {
  if (a === undefined || b === undefined) return a === b;
  return toHex(dumps(a)) === toHex(dumps(b));
}
