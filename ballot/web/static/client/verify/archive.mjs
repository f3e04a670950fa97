/**
 * Reading a `.bel` archive in one pass, strictly (attacks B7, E9, E18); mirrors
 * ballot/tally/archive_reader.py. Every small document of the container has one spelling and is read
 * by a pattern. Source: belenios-format.md §3, §4.
 *
 * @typedef {{ kind: "Setup", election: Uint8Array, trustees: Uint8Array, credentials: Uint8Array }
 *   | { kind: "Ballot", number: number, body: Uint8Array }
 *   | { kind: "EndBallots" }
 *   | { kind: "EncryptedTally", body: Uint8Array, count: number, weight: string }
 *   | { kind: "PartialDecryption", owner: number, body: Uint8Array }
 *   | { kind: "Result", body: Uint8Array }} Stage
 * @typedef {{ digest: string, body: Uint8Array, isEvent: boolean }} Item
 */

import { equal, toHex, utf8 } from "../bytes.mjs";
import { sha256 } from "../encoding.mjs";
import { Invalid } from "../errors.mjs";

const BLOCK = 512;
const MAX_TIMESTAMP = 8 ** 11 - 1;
const MAX_DOCUMENT = 2 * 2 ** 20;
const MAX_CREDENTIALS = 64 * 2 ** 20;

/** The types of events in the only order in which they may come, with their documents. @type {{ [kind: string]: number }} */
const DOCUMENTS = {
  Setup: 4,
  Ballot: 1,
  EndBallots: 0,
  EncryptedTally: 2,
  PartialDecryption: 2,
  Result: 1,
};
const ORDER = Object.keys(DOCUMENTS);
const SEVERAL = ["Ballot", "PartialDecryption"];

const HASH = '"([0-9a-f]{64})"';
const INT = "(0|[1-9][0-9]{0,9})";
const MEMBER = /^([0-9a-f]{64})\.(data|event)\.json$/;
const OCTAL = /^([0-7]{11})\0$/;
const HEAD = new RegExp(`^\\{"version":1,"timestamp":"${INT}"\\}$`);
const EVENT = new RegExp(
  `^\\{(?:"parent":${HASH},)?"height":${INT},"type":"([A-Za-z]{1,20})"(?:,"payload":${HASH})?\\}$`,
);
const SETUP = new RegExp(`^\\{"election":${HASH},"trustees":${HASH},"credentials":${HASH}\\}$`);
const SIZED = new RegExp(
  `^\\{"num_tallied":${INT},"total_weight":("?)(0|[1-9][0-9]{0,29})\\2,"encrypted_tally":${HASH}\\}$`,
);
const OWNED = new RegExp(`^\\{"owner":${INT},"payload":${HASH}\\}$`);

/**
 * The stages of an archive. Whatever is not exactly what a writer would have written is reported as
 * `archive.…`; reading goes on where it can.
 * @param {Uint8Array} data
 * @param {(error: Invalid) => void} report
 * @returns {Generator<Stage, void>}
 */
export function readArchive(data, report) {
  return new Reader(data, report).stages();
}

/** The first member of an archive made at `timestamp` (seconds since 1970). @param {number} timestamp */
export function archiveHead(timestamp) {
  const body = utf8(`{"version":1,"timestamp":"${timestamp}"}`);
  const block = new Uint8Array(2 * BLOCK);
  block.set(header("BELENIOS", body.length, timestamp));
  block.set(body, BLOCK);
  return block;
}

/** The one header of a member: V7 tar without magic, owner or link. @param {string} name @param {number} size @param {number} timestamp */
function header(name, size, timestamp) {
  const octal = (/** @type {number} */ value, /** @type {number} */ digits) =>
    value.toString(8).padStart(digits, "0");
  const fields = `${name.padEnd(100, "\0")}0000644\0${"0000000\0".repeat(2)}${octal(size, 11)}\0${octal(timestamp, 11)}\0`;
  const block = new Uint8Array(BLOCK);
  // The checksum counts its own field as eight spaces.
  block.set(utf8(`${fields}        0`));
  const total = block.reduce((sum, byte) => sum + byte, 0);
  block.set(utf8(`${octal(total, 6)}\0 `), 148);
  return block;
}

/** ASCII bytes as text; other bytes become characters that no pattern has. @param {Uint8Array} data */
function latin(data) {
  return data.length > 1024 ? "" : String.fromCharCode(...data);
}

class Reader {
  #data;
  #report;
  #at = 0;
  #timestamp = 0;
  #ballots = 0;

  /** @param {Uint8Array} data @param {(error: Invalid) => void} report */
  constructor(data, report) {
    this.#data = data;
    this.#report = report;
  }

  /** @returns {Generator<Stage, void>} */
  *stages() {
    if (!this.#head()) return;
    /** @type {Item[]} */
    let documents = [];
    let [parent, height, last] = ["", 0, ""];
    for (;;) {
      const found = this.#item(!last && documents.length === 2);
      if (!found) break;
      if (!found.isEvent) {
        documents.push(found);
        if (documents.length > 4) {
          this.#refuse("unreferenced", "more documents than any event has");
          return;
        }
        continue;
      }
      const kind = this.#event(found.body, parent, height, documents);
      [parent, height] = [found.digest, height + 1];
      if (kind && this.#follows(last, kind)) {
        last = kind;
        const stage = this.#stage(kind, documents);
        if (stage) yield stage;
      }
      documents = [];
      if (!last) return; // nothing can be said of an archive without its first event
    }
    if (documents.length) this.#refuse("truncated", `${documents.length} documents without their event`);
  }

  /** @param {string} code @param {string} detail */
  #refuse(code, detail) {
    this.#report(new Invalid(`archive.${code}`, `${detail} (byte ${this.#at})`));
  }

  // The container.

  #head() {
    const block = this.#take(BLOCK);
    const size = OCTAL.exec(latin(block.subarray(124, 136)));
    const length = size ? parseInt(String(size[1]), 8) : Infinity;
    if (!latin(block).startsWith("BELENIOS\0") || length > BLOCK) {
      this.#refuse("not_belenios", "the first member is not BELENIOS");
      return false;
    }
    const body = this.#body(length);
    if (!body) return false;
    const match = HEAD.exec(latin(body));
    if (!match || Number(match[1]) > MAX_TIMESTAMP) {
      this.#refuse("timestamp", "BELENIOS does not state version 1 and a timestamp");
      return false;
    }
    this.#timestamp = Number(match[1]);
    this.#checkHeader(block, "BELENIOS", length);
    return true;
  }

  /** The next member; null at the end and where nothing more can be read. @param {boolean} isList @returns {Item | null} */
  #item(isList) {
    const block = this.#take(BLOCK);
    const name = MEMBER.exec(latin(block.subarray(0, 100)).replace(/\0+$/, ""));
    const size = OCTAL.exec(latin(block.subarray(124, 136)));
    if (block.length < BLOCK) {
      if (block.length) this.#refuse("truncated", "ends inside a header");
      return null;
    }
    if (!block.some(Boolean)) {
      this.#refuse("end_blocks", "an archive has no end-of-archive block");
      return null;
    }
    if (!name || !size) {
      this.#refuse("header", "not the header of a member");
      return null;
    }
    const length = parseInt(String(size[1]), 8);
    if (length > (isList ? MAX_CREDENTIALS : MAX_DOCUMENT)) {
      this.#refuse("too_large", "a member larger than a verifier reads");
      return null;
    }
    this.#checkHeader(block, name[0], length);
    const body = this.#body(length);
    if (!body) return null;
    const digest = String(name[1]);
    if (toHex(sha256(body)) !== digest) {
      this.#refuse("name", `member ${digest.slice(0, 12)}… has other bytes`);
    }
    return { digest, body, isEvent: name[2] === "event" };
  }

  /** @param {Uint8Array} block @param {string} name @param {number} size */
  #checkHeader(block, name, size) {
    const due = header(name, size, this.#timestamp);
    if (equal(block, due)) return;
    const [code, what] = equal(block.subarray(136, 148), due.subarray(136, 148))
      ? ["header", "header"]
      : ["timestamp", "time"];
    this.#refuse(String(code), `member ${name.slice(0, 12)}: ${what} is not the canonical one`);
  }

  /** @param {number} size */
  #body(size) {
    const body = this.#take(size);
    const rest = (BLOCK - (size % BLOCK)) % BLOCK;
    const padding = this.#take(rest);
    if (body.length + padding.length < size + rest) {
      this.#refuse("truncated", "ends inside a member");
      return null;
    }
    if (padding.some(Boolean)) this.#refuse("padding", "padding is not zero");
    return body;
  }

  /** @param {number} size */
  #take(size) {
    const part = this.#data.subarray(this.#at, this.#at + size);
    this.#at += part.length;
    return part;
  }

  // The events.

  /** The type of an event, everything it states compared; empty if it has no meaning. @param {Uint8Array} body @param {string} parent @param {number} height @param {Item[]} documents */
  #event(body, parent, height, documents) {
    const match = EVENT.exec(latin(body));
    const kind = match?.[3] ?? "";
    const due = Object.hasOwn(DOCUMENTS, kind) ? DOCUMENTS[kind] : undefined;
    if (!match || due === undefined) {
      this.#refuse("event", `event ${height} is none of an election without shuffles`);
      return "";
    }
    if ((match[1] ?? "") !== parent) {
      this.#refuse("parent", `event ${height} does not name the event before it`);
    }
    if (Number(match[2]) !== height) {
      this.#refuse("height", `event ${height} says that it is event ${match[2]}`);
    }
    const surplus = documents.length - due;
    if (surplus < 0) {
      this.#refuse("document", `event ${height}: ${kind} lacks a document`);
      return "";
    }
    if (surplus) {
      this.#refuse("unreferenced", `event ${height}: a document that nothing names`);
      documents.splice(0, surplus);
    }
    this.#compare(match[4], documents[documents.length - 1], `event ${height}`);
    return kind;
  }

  /** @param {string | undefined} digest @param {Item | undefined} document @param {string} where */
  #compare(digest, document, where) {
    if ((digest ?? "") !== (document?.digest ?? "")) {
      this.#refuse("payload", `${where} names another document`);
    }
  }

  /** Whether an event of type `kind` may stand after one of type `stage`. @param {string} stage @param {string} kind */
  #follows(stage, kind) {
    const [position, wanted] = [ORDER.indexOf(stage), ORDER.indexOf(kind)];
    if (kind === stage && !SEVERAL.includes(kind)) {
      this.#refuse("event_repeated", `${kind} stands twice`);
      return false;
    }
    if (wanted < position) {
      this.#refuse("order", `${kind} after ${stage}`);
      return false;
    }
    for (const missing of ORDER.slice(position + 1, wanted)) {
      if (!SEVERAL.includes(missing)) {
        this.#refuse("event_missing", `${missing} is missing before ${kind}`);
      }
    }
    return true;
  }

  /** @param {string} kind @param {Item[]} documents @returns {Stage | null} */
  #stage(kind, documents) {
    const [first, second, third, fourth] = documents;
    const body = first?.body ?? new Uint8Array();
    switch (kind) {
      case "Setup": {
        const found = this.#naming(SETUP, fourth, "setup_data");
        if (!found || !second || !third) return null;
        for (const [i, document] of [first, second, third].entries()) {
          this.#compare(found[i + 1], document, "setup_data");
        }
        return { kind, election: body, trustees: second.body, credentials: third.body };
      }
      case "Ballot":
        return { kind, number: ++this.#ballots, body };
      case "EndBallots":
        return { kind };
      case "EncryptedTally": {
        const found = this.#naming(SIZED, second, "sized_encrypted_tally");
        if (!found) return null;
        if (Boolean(found[2]) !== BigInt(String(found[3])) >= 2n ** 30n) {
          this.#refuse("document", "total_weight is not in its canonical form");
        }
        this.#compare(found[4], first, "sized_encrypted_tally");
        return { kind, body, count: Number(found[1]), weight: String(found[3]) };
      }
      case "PartialDecryption": {
        const found = this.#naming(OWNED, second, "owned");
        if (!found) return null;
        this.#compare(found[2], first, "owned");
        return { kind, owner: Number(found[1]), body };
      }
      default:
        return { kind: "Result", body };
    }
  }

  /** @param {RegExp} pattern @param {Item | undefined} document @param {string} what */
  #naming(pattern, document, what) {
    const match = pattern.exec(latin(document?.body ?? new Uint8Array()));
    if (!match) this.#refuse("document", `${what} is not in its canonical form`);
    return match;
  }
}
