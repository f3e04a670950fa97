/**
 * The file of slips that nobody took, as `ballot codes-unused` writes it off line: credentials for
 * the slots of one check-in, and no code.
 */

import { loads } from "../client/encoding.mjs";
import { Invalid, refusedAs } from "../client/errors.mjs";
import * as shapes from "../client/shapes.mjs";

const LONGEST = 8 * 1024 * 1024;

/**
 * Its credentials, which CheckInClosed states. Refused: `slips.too_big`, `slips.malformed`,
 * `slips.session` (of another one), `slips.slots` (not exactly those of this check-in).
 * @param {Uint8Array} data
 * @param {string} session
 * @param {string[]} slots
 * @returns {string[]}
 */
export function readUnused(data, session, slots) {
  if (data.length > LONGEST) throw new Invalid("slips.too_big");
  const found = decode(data);
  if (found.session !== session) throw new Invalid("slips.session");
  if (found.slots.join() !== slots.join() || found.credentials.length % slots.length) {
    throw new Invalid("slips.slots", found.slots.join(" "));
  }
  return found.credentials;
}

/** @param {Uint8Array} data */
function decode(data) {
  return refusedAs("slips.malformed", () => {
    const value = shapes.fields(loads(data), "credentials kind session slots version", "file");
    shapes.choice(value.kind, ["unused_slips"], "kind");
    shapes.integer(value.version, "version", 1, 1);
    return {
      credentials: shapes.array(value.credentials, (one, at) => shapes.text(one, at, 1, 700), "file"),
      session: shapes.hexadecimal(value.session, "session"),
      slots: shapes.array(value.slots, shapes.identifier, "slots", 1),
    };
  });
}
