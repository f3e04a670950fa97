/**
 * Belenios' messages of one trustee and their proofs; mirrors ballot/crypto/threshold.py,
 * ballot/trustee/{messages,seed}.py and 7.1, 7.2, 7.7 of ballot/crypto/proofs.py (format §5.2, §7,
 * §9). Messages travel as the text of their compact bytes.
 *
 * @typedef {import("./group_base.mjs").Group} Group
 * @typedef {import("./group_base.mjs").Element} Element
 * @typedef {import("./nonces.mjs").Random} Random
 * @typedef {import("./proofs.mjs").Proof} Proof
 * @typedef {{ index: number, signing: bigint, decryption: bigint, coefficients: bigint[] }} Secret
 */

import { sha512 } from "../vendor/crypto.mjs";
import { decryptCcm, encryptCcm } from "./aes.mjs";
import { concat, fromHex, toHex, utf8 } from "./bytes.mjs";
import { compact, loadsCompact, sha256 } from "./encoding.mjs";
import { Invalid } from "./errors.mjs";
import { randomScalar } from "./nonces.mjs";
import { decodeProof, encodeProof, hashOfPowers, hashToScalar } from "./proofs.mjs";

/** The text in which Belenios' bytes travel. @param {any} value */
export function textOf(value) {
  return new TextDecoder().decode(compact(value));
}

/**
 * 64-byte blocks for `what`, determined by the seed and what it is about: see docs/record.md.
 * @param {Uint8Array} seed
 * @param {string} what
 * @param {...(Uint8Array | string)} about
 * @returns {Random}
 */
export function expand(seed, what, ...about) {
  if (seed.length !== 32) throw new RangeError("a seed has 32 bytes");
  const parts = about.map((one) => sha256(typeof one === "string" ? utf8(one) : one));
  const key = sha256(utf8("ballot/v1/ceremony\0"), seed, utf8(`${what}\0`), ...parts);
  const block = concat(key, new Uint8Array(4));
  let count = 0;
  return (size) => {
    if (size !== 64) throw new RangeError("scalars are reduced from 64 bytes");
    new DataView(block.buffer).setUint32(block.length - 4, count++);
    return sha512(block);
  };
}

/**
 * Signing key, decryption key and polynomial of a trustee.
 * @param {Group} group
 * @param {Uint8Array} seed
 * @param {string} session
 * @param {number} index
 * @param {number} threshold
 * @returns {Secret}
 */
export function secretOf(group, seed, session, index, threshold) {
  const random = expand(seed, "secret", `${session}/${group.name}/${threshold}/${index}`);
  const [signing, decryption, ...coefficients] = /** @type {[bigint, bigint, ...bigint[]]} */ (
    Array.from({ length: threshold + 2 }, () => randomScalar(group, random))
  );
  return { index, signing, decryption, coefficients };
}

/** @param {Group} group @param {bigint} exponent a secret that lives long */
export function publicOf(group, exponent) {
  return group.power(group.g, exponent);
}

// Proofs 7.1, 7.2 and the drill (7.7 with another tag).

/** @param {Group} group @param {string} prefix @param {bigint} x @param {bigint} w @returns {Proof} */
function prove(group, prefix, x, w) {
  const challenge = hashToScalar(group, prefix, [publicOf(group, w)]);
  return { challenge, response: group.mod(w - x * challenge) };
}

/** A = g^z X^c. @param {Group} group @param {string} prefix @param {Element} key @param {Proof} proof @param {string} what */
function verify(group, prefix, key, proof, what) {
  const { challenge: c, response: z } = proof;
  if (hashOfPowers(group, prefix, [[[group.g, z], [key, c]]]) !== c) throw new Invalid("proof.invalid", what);
}

/** 7.2. @param {Group} group @param {bigint} key @param {string} message @param {Random} random */
export function signMessage(group, key, message, random) {
  return encodeProof(prove(group, `sigmsg|${message}|`, key, randomScalar(group, random)));
}

/** 7.2. @param {Group} group @param {Element} key @param {string} message @param {any} proof */
export function verifyMessage(group, key, message, proof) {
  const found = decodeProof(group, proof);
  verify(group, `sigmsg|${message}|`, key, found, "signature of a message");
}

/**
 * The drill of trustee `index` (attack E30): its element follows from session and number.
 * d = int(SHA-512(`ballot/v1/drill` ‖ 0x00 ‖ session digest ‖ u32be(index))) mod q.
 * @param {Group} group @param {string} session @param {number} index
 */
function drillElement(group, session, index) {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, index);
  const block = sha512(concat(utf8("ballot/v1/drill\0"), fromHex(session), number));
  return publicOf(group, group.mod(BigInt(`0x${toHex(block)}`)));
}

/**
 * @param {Group} group @param {string} session @param {number} index @param {bigint} share
 * @param {Random} random
 */
export function proveDrill(group, session, index, share, random) {
  const w = randomScalar(group, random);
  const alpha = drillElement(group, session, index);
  const prefix = `drill|${session}|${group.ser(publicOf(group, share))}|`;
  const challenge = hashToScalar(group, prefix, [publicOf(group, w), group.power(alpha, w)]);
  const proof = { challenge, response: group.mod(w - share * challenge) };
  return { factor: group.ser(group.power(alpha, share)), ...encodeProof(proof) };
}

/**
 * @param {Group} group @param {string} session @param {number} index @param {Element} key
 * @param {{ factor: string, challenge: string, response: string }} drill
 */
export function verifyDrill(group, session, index, key, drill) {
  const [c, z] = [group.parseScalar(drill.challenge), group.parseScalar(drill.response)];
  const [alpha, factor] = [drillElement(group, session, index), group.parse(drill.factor)];
  /** @type {[Element, bigint][][]} */
  const commitments = [
    [[group.g, z], [key, c]],
    [[alpha, z], [factor, c]],
  ];
  if (hashOfPowers(group, `drill|${session}|${group.ser(key)}|`, commitments) !== c) {
    throw new Invalid("proof.invalid", "drill");
  }
}

// Messages.

/** @param {Group} group @param {bigint} key @param {any} message @param {Random} random */
export function signed(group, key, message, random) {
  const text = textOf(message);
  return { message: text, signature: signMessage(group, key, text, random) };
}

/** Hex SHA-256 of a signed message's compact bytes. @param {any} message */
export function commitment(message) {
  return toHex(sha256(compact(message)));
}

/** The object of exactly these members in this order. @param {string} text @param {string[]} names */
export function read(text, ...names) {
  const value = loadsCompact(utf8(text));
  const found = typeof value === "object" && value !== null ? Object.keys(value) : [];
  if (Array.isArray(value) || found.join() !== names.join()) {
    throw new Invalid("ceremony.document", `not ${names.join(", ")}`);
  }
  return /** @type {any} */ (value);
}

/** A signed message and what it says. @param {string} text @param {string[]} names */
export function readSigned(text, ...names) {
  const message = read(text, "message", "signature");
  if (typeof message.message !== "string") {
    throw new Invalid("ceremony.document", "message is not a text");
  }
  return { message, says: read(message.message, ...names) };
}

/** f(index) mod q. @param {Group} group @param {Secret} secret @param {number} index */
export function shareFor(group, secret, index) {
  return secret.coefficients.reduceRight((sum, a) => group.mod(sum * BigInt(index) + a), 0n);
}

/**
 * Π_i Π_k A_ik^(j^k) for j = `index`.
 * @param {Group} group @param {string[][]} coefficients @param {number} index
 */
export function publicShare(group, coefficients, index) {
  let result = group.identity;
  for (let k = (coefficients[0]?.length ?? 0) - 1; k >= 0; k--) {
    const column = coefficients.map((row) => group.parse(row[k]));
    result = group.mul(group.powerPublic(result, BigInt(index)), group.product(column));
  }
  return result;
}

/**
 * A share for the owner of the encryption key `to`: ElGamal hybrid with AES-256-CCM (§9).
 * @param {Group} group @param {Uint8Array} seed @param {bigint} share @param {Element} to
 */
export async function encryptShare(group, seed, share, to) {
  const plain = textOf({ secret: share.toString() });
  const random = expand(seed, "share", group.ser(to), plain);
  const [r, s] = [randomScalar(group, random), randomScalar(group, random)];
  const [blinding, alpha] = [publicOf(group, s), publicOf(group, r)];
  const [key, nonce] = cipher(group, blinding, alpha);
  const data = toHex(await encryptCcm(key, nonce, utf8(plain)));
  const beta = group.mul(group.power(to, r), blinding);
  return textOf({ alpha: group.ser(alpha), beta: group.ser(beta), data });
}

/**
 * The share in such a message; `ceremony.message` where it is not for this key, or damaged.
 * @param {Group} group @param {bigint} decryption @param {string} text
 */
export async function decryptShare(group, decryption, text) {
  const { alpha: a, beta: b, data } = read(text, "alpha", "beta", "data");
  const [alpha, beta] = [group.parse(a), group.parse(b)];
  const [key, nonce] = cipher(group, group.div(beta, group.power(alpha, decryption)), alpha);
  if (typeof data !== "string") throw new Invalid("ceremony.document", "data is not a text");
  const hex = /^(?:[0-9a-f]{2})*$/.test(data) ? fromHex(data) : new Uint8Array();
  const plain = await decryptCcm(key, nonce, hex);
  if (!plain) throw new Invalid("ceremony.message", "not for this key, or damaged");
  return group.parseScalar(read(new TextDecoder().decode(plain), "secret").secret);
}

/** @param {Group} group @param {Element} blinding @param {Element} alpha @returns {[Uint8Array, Uint8Array]} */
function cipher(group, blinding, alpha) {
  const [key, iv] = [utf8(`key|${group.ser(blinding)}`), utf8(`iv|${group.ser(alpha)}`)];
  return [sha256(key), fromHex(toHex(sha256(iv)).slice(0, 26))];
}

/** 7.1 with the signature under it. @param {Group} group @param {bigint} signing @param {bigint} share @param {Random} random @param {string} name */
export function verificationKey(group, signing, share, random, name) {
  const text = group.ser(publicOf(group, share));
  const pok = prove(group, `pok|${group.name}|${text}|`, share, randomScalar(group, random));
  const signature = signMessage(group, signing, text, random);
  return { pok: encodeProof(pok), public_key: text, signature, name };
}

/** The key in that object, both proofs checked. @param {Group} group @param {any} value @param {Element} signing */
export function checkVerificationKey(group, value, signing) {
  const key = group.parseKey(value.public_key);
  const prefix = `pok|${group.name}|${value.public_key}|`;
  verify(group, prefix, key, decodeProof(group, value.pok), "knowledge of a secret key");
  verifyMessage(group, signing, value.public_key, value.signature);
  return key;
}
