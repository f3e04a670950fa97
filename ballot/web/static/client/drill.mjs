/**
 * The drill: prove that the exported copy opens and holds the share (attacks B32, E30); mirrors
 * ballot/trustee/drill.py.
 *
 * @typedef {import("./ceremony_documents.mjs").Place} Place
 */

import { toHex, utf8 } from "./bytes.mjs";
import { write } from "./ceremony_documents.mjs";
import { loadsCompact, sha256 } from "./encoding.mjs";
import { Invalid } from "./errors.mjs";
import { groupNamed } from "./group.mjs";
import * as messages from "./threshold.mjs";

/**
 * The document of step 4 with the share read back from the exported copy; `drill.share`. No element
 * to decrypt is taken from anyone (E30).
 * @param {Place} place @param {Uint8Array} seed @param {bigint} share @param {string} trustees
 * @param {string} minute
 */
export function makeDrill(place, seed, share, trustees, minute) {
  const { definition, index } = place;
  const [group, { session }] = [groupNamed(definition.group), definition];
  requireShare(place, share, trustees);
  const random = messages.expand(seed, "drill", `${session}/${index}/${share}`);
  const made = messages.proveDrill(group, session, index, share, random);
  return write(place, "drill", { base: toHex(sha256(utf8(trustees))), minute, ...made });
}

/**
 * Refuse (`drill.share`) a share that is not this trustee's in `trustees`.
 * @param {Place} place @param {bigint} share @param {string} trustees
 */
export function requireShare({ definition, index }, share, trustees) {
  const group = groupNamed(definition.group);
  const [[, found]] = /** @type {any} */ (loadsCompact(utf8(trustees)));
  const stated = found.verification_keys[index - 1]?.public_key;
  if (share < 0n || share >= group.q || group.ser(messages.publicOf(group, share)) !== stated) {
    throw new Invalid("drill.share", "the key does not belong to this session's joint key");
  }
}
