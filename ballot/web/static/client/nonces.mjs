/**
 * Secret scalars: drawn at random, or expanded from the seed of a ballot (protocol §7).
 *
 * @typedef {import("./group_base.mjs").Group} Group
 * @typedef {(size: number) => Uint8Array} Random fresh random bytes
 */

import { sha512 } from "../vendor/crypto.mjs";
import { concat, toInteger, utf8 } from "./bytes.mjs";

/**
 * Uniform in 0..q-1 up to 2^-128 (512 bits reduced).
 * @param {Group} group
 * @param {Random} random
 */
export function randomScalar(group, random) {
  return group.mod(toInteger(random(64)));
}

/**
 * The scalars expanded from one 32-byte seed (protocol §7), in order of use.
 * scalar i = int(SHA-512(`ballot/v1/nonce` ‖ 0x00 ‖ seed ‖ u32be(i))) mod q.
 */
export class Nonces {
  /** @param {Group} group @param {Uint8Array} seed */
  constructor(group, seed) {
    if (seed.length !== 32) throw new RangeError("a seed has 32 bytes");
    this.group = group;
    this.block = concat(utf8("ballot/v1/nonce\0"), seed, new Uint8Array(4));
    this.count = 0;
  }

  /** @returns {bigint} */
  next() {
    new DataView(this.block.buffer).setUint32(this.block.length - 4, this.count++);
    return this.group.mod(toInteger(sha512(this.block)));
  }
}
