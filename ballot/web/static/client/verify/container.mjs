/**
 * The container of a public record: one spelling of a zip file; mirrors ballot/verify/container.py.
 * Every header is compared with the only one that a member of that name, size and sum can have, so
 * that no second reader sees other members than this one (attacks D16, E18). PKWARE APPNOTE 4.3.
 *
 * @typedef {(error: Invalid) => void} Report
 * @typedef {{ name: string, method: number, crc: number, packed: number, size: number,
 *   start: number }} Member
 */

import { equal } from "../bytes.mjs";
import { Invalid } from "../errors.mjs";
import { inflate } from "./inflate.mjs";

const MAX_MEMBERS = 5000;
const MAX_RATIO = 100; // of a member's size to its compressed size, above the first mebibyte
const MIB = 2 ** 20;
/** What a page can hold; the command line takes records of any size. */
const MAX_HERE = 512 * MIB;
/** @type {{ [name: string]: number }} */
const LIMITS = {
  "definition.json": 8 * MIB,
  "events.jsonl": 16 * MIB,
  "README.txt": MIB,
  "admissions.jsonl": 1024 * MIB,
  "certificate.json": 2 * MIB,
  "election.bel": 4095 * MIB,
  "outcome.json": 2 * MIB,
  "paper.json": 2 * MIB,
};
const NAME =
  /^(?:rounds\/[a-z0-9-]{1,32}\/(admissions\.jsonl|certificate\.json|election\.bel|outcome\.json|paper\.json)|(definition\.json|events\.jsonl|README\.txt))$/;
const LOCAL = 30;
const CENTRAL = 46;
const END = 22;
const STORED = 0;
const DEFLATED = 8;
const VERSION = 20;
const MADE_BY = (3 << 8) | VERSION; // Unix
const DATE = (1 << 5) | 1; // 1980-01-01
const MODE = (0o644 << 16) >>> 0;
const [LOCAL_MARK, CENTRAL_MARK, END_MARK] = [0x04034b50, 0x02014b50, 0x06054b50];

/** The members of a record; each is inflated once, when it is first asked for. */
export class Container {
  #data;
  #report;
  /** @type {Map<string, Uint8Array | null>} */
  #read = new Map();

  /** @param {Uint8Array} data @param {Map<string, Member>} members @param {Report} report */
  constructor(data, members, report) {
    this.#data = data;
    this.#report = report;
    this.members = members;
  }

  /**
   * The whole content of a member; null if there is none of that name. What is wrong with it is
   * reported, and its content is empty.
   * @param {string} name
   * @returns {Uint8Array | null}
   */
  read(name) {
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const member = this.members.get(name);
    const content = member ? this.#content(member) : null;
    this.#read.set(name, content);
    return content;
  }

  /** @param {Member} member */
  #content({ name, method, crc, packed, size, start }) {
    const part = this.#data.subarray(start, start + packed);
    try {
      const content = method === STORED ? part : inflate(part, size);
      if (crc32(content) === crc) return content;
      this.#report(new Invalid("container.content", `${name}: not the bytes of its header`));
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      this.#report(new Invalid(error.code, `${name}: ${error.detail}`));
    }
    return new Uint8Array();
  }
}

/**
 * The container of a record, or null if it cannot be read at all: `container.…`,
 * `container.not_a_record` for a file of another kind.
 * @param {Uint8Array} data
 * @param {Report} report
 * @returns {Container | null}
 */
export function readContainer(data, report) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < END || view.getUint32(0, true) !== LOCAL_MARK) {
    report(new Invalid("container.not_a_record", "the file is not a zip file"));
    return null;
  }
  const at = data.length - END;
  const [count, length, offset] = [
    view.getUint16(at + 10, true),
    view.getUint32(at + 12, true),
    view.getUint32(at + 16, true),
  ];
  if (view.getUint32(at, true) !== END_MARK || offset + length !== at || count > MAX_MEMBERS) {
    report(new Invalid("container.end", "no end of a record at the end of the file"));
    return null;
  }
  const end = written(END, [
    [4, END_MARK], [2, 0], [2, 0], [2, count], [2, count], [4, length], [4, offset], [2, 0],
  ]); // prettier-ignore
  if (!equal(data.subarray(at), end)) {
    report(new Invalid("container.end", "comment, or parts on other disks"));
  }
  return new Container(data, readMembers(data, view, count, offset, at, report), report);
}

/** @param {Uint8Array} data @param {DataView} view @param {number} count @param {number} directory @param {number} end @param {Report} report */
function readMembers(data, view, count, directory, end, report) {
  /** @type {Map<string, Member>} */
  const members = new Map();
  let [at, start, last] = [directory, 0, ""];
  let held = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL > end) {
      report(new Invalid("container.directory", "ends inside an entry"));
      return members;
    }
    const method = view.getUint16(at + 10, true);
    const [crc, packed, size] = [16, 20, 24].map((place) => view.getUint32(at + place, true));
    const [length = 0, extra = 0, comment = 0] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const raw = data.subarray(at + CENTRAL, Math.min(at + CENTRAL + length, end));
    const name = String.fromCharCode(...raw.map((byte) => (byte < 128 ? byte : 0x3f)));
    /** @type {[number, number][]} */
    const fields = [
      [2, VERSION], [2, 0], [2, method], [2, 0], [2, DATE], [4, Number(crc)], [4, Number(packed)],
      [4, Number(size)], [2, length],
    ]; // prettier-ignore
    const central = written(CENTRAL, [
      [4, CENTRAL_MARK], [2, MADE_BY], ...fields, [2, 0], [2, 0], [2, 0], [2, 0], [4, MODE], [4, start],
    ]); // prettier-ignore
    if (!equal(data.subarray(at, at + CENTRAL), central) || (method !== STORED && method !== DEFLATED)) {
      report(new Invalid("container.header", `${name}: not the one header of a record`));
      return members;
    }
    at += CENTRAL + length + extra + comment;
    const local = written(LOCAL, [[4, LOCAL_MARK], ...fields, [2, 0]]);
    const found = data.subarray(start, start + LOCAL + length);
    if (!equal(found.subarray(0, LOCAL), local) || !equal(found.subarray(LOCAL), raw)) {
      report(new Invalid("container.header", `${name}: its two headers differ`));
      return members;
    }
    const member = {
      name,
      method,
      crc: Number(crc),
      packed: Number(packed),
      size: Number(size),
      start: start + LOCAL + length,
    };
    start = member.start + member.packed;
    if (start > directory) {
      report(new Invalid("container.header", `${name}: runs into the directory`));
      return members;
    }
    if (name <= last) {
      const what = members.has(name) ? "twice" : "not in the order of the names";
      report(new Invalid("container.order", `${name} stands ${what}`));
    } else if (admit(member, report)) {
      held += member.size;
      if (held > MAX_HERE) throw new Invalid("verify.too_large", `${held} bytes`);
      members.set(name, member);
    }
    last = name;
  }
  if (at !== end || start !== directory) {
    report(new Invalid("container.directory", "bytes that belong to no member"));
  }
  return members;
}

/** @param {Member} member @param {Report} report */
function admit({ name, method, packed, size }, report) {
  const match = NAME.exec(name);
  const limit = LIMITS[match?.[1] ?? match?.[2] ?? ""];
  if (limit === undefined) {
    report(new Invalid("container.unexpected", `${name} belongs to no record`));
  } else if (size > limit || (size > MIB && size > MAX_RATIO * packed)) {
    report(new Invalid("container.too_large", `${name}: ${size} bytes`));
  } else if (method === STORED && size !== packed) {
    report(new Invalid("container.header", `${name}: stored, with two sizes`));
  } else return true;
  return false;
}

/** Little-endian fields of 2 and 4 bytes. @param {number} size @param {[number, number][]} fields */
function written(size, fields) {
  const data = new Uint8Array(size);
  const view = new DataView(data.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return data;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** @param {Uint8Array} data */
export function crc32(data) {
  let c = 0xffffffff;
  for (let i = 0; i < data.length; i++) {
    c = /** @type {number} */ (TABLE[(c ^ Number(data[i])) & 255]) ^ (c >>> 8);
  }
  return (c ^ 0xffffffff) >>> 0;
}

/**
 * The lines of a `.jsonl`, each without its line end; stops at one over `longest` bytes.
 * @param {Uint8Array} data
 * @param {number} longest
 * @param {Report} report
 * @returns {Generator<Uint8Array, void>}
 */
export function* readLines(data, longest, report) {
  let at = 0;
  while (at < data.length) {
    const found = data.indexOf(10, at);
    const end = found < 0 ? data.length : found;
    if (end - at > longest) {
      report(new Invalid("container.line", `a line of more than ${longest} bytes`));
      return;
    }
    if (found < 0) {
      report(new Invalid("container.line", "the last line has no end"));
      return;
    }
    yield data.subarray(at, end);
    at = end + 1;
  }
}

/** `rounds/<slot>/<name>`. @param {string} slot @param {string} name */
export function roundPath(slot, name) {
  return `rounds/${slot}/${name}`;
}
