/**
 * The zero-knowledge proofs of the Belenios protocol and our cap proof; mirrors
 * ballot/crypto/proofs.py. Letters as in belenios-format.md §7: w a fresh nonce, c challenge,
 * z response, A and B commitments, S the statement. Challenges are
 * H(prefix, e1..en) = int(SHA256(prefix ‖ ser(e1) ‖ "," ‖ … ‖ ser(en))) mod q.
 *
 * @typedef {import("./group_base.mjs").Group} Group
 * @typedef {import("./group_base.mjs").Element} Element
 * @typedef {import("./elgamal.mjs").Ciphertext} Ciphertext
 * @typedef {{ challenge: bigint, response: bigint }} Proof both in 0..q-1
 * @typedef {{ challenge: string, response: string }} ProofText
 * @typedef {import("./nonces.mjs").Nonces} Nonces
 * @typedef {import("./nonces.mjs").Random} Random
 */

import { b64, toInteger, utf8 } from "./bytes.mjs";
import { compact, sha256 } from "./encoding.mjs";
import { Invalid } from "./errors.mjs";

/** Belenios' JSON object. @param {Proof} proof @returns {ProofText} */
export function encodeProof(proof) {
  return { challenge: proof.challenge.toString(), response: proof.response.toString() };
}

/**
 * A proof from Belenios' JSON object; else `proof.malformed`.
 * @param {Group} group
 * @param {any} value
 * @returns {Proof}
 */
export function decodeProof(group, value) {
  const names = typeof value === "object" && value !== null ? Object.keys(value).join() : "";
  if (names !== "challenge,response")
    throw new Invalid("proof.malformed", "not {challenge, response}");
  return {
    challenge: group.parseScalar(value.challenge),
    response: group.parseScalar(value.response),
  };
}

/**
 * A list of exactly `length` proofs.
 * @param {Group} group
 * @param {any} value
 * @param {number} length
 */
export function decodeProofs(group, value, length) {
  if (!Array.isArray(value) || value.length !== length) {
    throw new Invalid("proof.malformed", `not a list of ${length} proofs`);
  }
  return value.map((entry) => decodeProof(group, entry));
}

/**
 * H of format §1; the prefix ends with `|`.
 * @param {Group} group
 * @param {string} prefix
 * @param {Element[]} elements
 */
export function hashToScalar(group, prefix, elements) {
  return hashOfTexts(
    group,
    prefix,
    elements.map((element) => group.ser(element)),
  );
}

/** @param {Group} group @param {string} prefix @param {string[]} texts of elements */
function hashOfTexts(group, prefix, texts) {
  return group.mod(toInteger(sha256(utf8(prefix + texts.join(",")))));
}

/**
 * H of products of powers in which nothing is secret, as a verifier finds them.
 * @param {Group} group
 * @param {string} prefix
 * @param {[Element, bigint][][]} products
 */
export function hashOfPowers(group, prefix, products) {
  return hashOfTexts(group, prefix, group.spelledPowers(products));
}

/** @param {boolean} holds @param {string} what */
function require(holds, what) {
  if (!holds) throw new Invalid("proof.invalid", what);
}

// Knowledge of one exponent: 7.6.

/**
 * @param {Group} group
 * @param {string} prefix
 * @param {bigint} x
 * @param {bigint} w
 * @returns {Proof}
 */
function proveExponent(group, prefix, x, w) {
  const challenge = hashToScalar(group, prefix, [group.power(group.g, w)]);
  return { challenge, response: group.mod(w - x * challenge) };
}

/**
 * A = g^z X^c, H(prefix, A) = c.
 * @param {Group} group
 * @param {string} prefix
 * @param {Element} key
 * @param {Proof} proof
 * @param {string} what
 */
function verifyExponent(group, prefix, key, proof, what) {
  const { challenge: c, response: z } = proof;
  const found = hashOfPowers(group, prefix, [[[group.g, z], [key, c]]]);
  require(found === c, what);
}

/**
 * 7.6: the ballot signature under the credential g^s.
 * @param {Group} group
 * @param {bigint} s
 * @param {string} ballotHash base64
 * @param {bigint} w
 */
export function signBallot(group, s, ballotHash, w) {
  return proveExponent(group, `sig|${ballotHash}|`, s, w);
}

/**
 * 7.6.
 * @param {Group} group
 * @param {Element} credential
 * @param {string} ballotHash base64
 * @param {Proof} proof
 */
export function verifyBallotSignature(group, credential, ballotHash, proof) {
  verifyExponent(group, `sig|${ballotHash}|`, credential, proof, "ballot signature");
}

// Membership of a small interval: 7.3, and our cap proof with another prefix.

/**
 * 7.3: (α, β) = (g^r, y^r g^M) for one M in low..high. `nonces` gives, per entry in order, w for
 * the true one and c_j, z_j for the others: 2·(high−low+1) − 1 scalars whatever M is.
 *
 * Who knows r needs powers of g and y alone, for which there are tables: in
 * A_j = g^z α^c and B_j = y^z (β / g^M_j)^c stand α = g^r and β / g^M_j = y^r g^(M − M_j), so
 * A_j = g^(z + rc) and B_j = y^(z + rc) g^((M − M_j) c).
 * @param {Group} group
 * @param {Element} y
 * @param {string} prefix names α and β
 * @param {bigint} r
 * @param {number} message M
 * @param {number} low
 * @param {number} high
 * @param {Nonces} nonces
 * @returns {Proof[]}
 */
export function proveInterval(group, y, prefix, r, message, low, high, nonces) {
  if (message < low || message > high) throw new RangeError("outside the interval");
  /** @type {Proof[]} */
  const entries = [];
  const commitments = [];
  let w = 0n;
  for (let value = low; value <= high; value++) {
    if (value === message) {
      w = nonces.next();
      entries.push({ challenge: 0n, response: 0n });
      commitments.push(group.powerG(w), group.power(y, w));
    } else {
      const [c, z] = [nonces.next(), nonces.next()];
      entries.push({ challenge: c, response: z });
      const exponent = z + r * c;
      const shift = group.powerG(BigInt(message - value) * c);
      commitments.push(group.powerG(exponent), group.mul(group.power(y, exponent), shift));
    }
  }
  const others = entries.reduce((sum, entry) => sum + entry.challenge, 0n);
  const challenge = group.mod(hashToScalar(group, prefix, commitments) - others);
  entries[message - low] = { challenge, response: group.mod(w - r * challenge) };
  return entries;
}

/**
 * 7.3: A_j = g^z_j α^c_j, B_j = y^z_j (β / g^M_j)^c_j, H(…) = Σ c_j mod q; else `proof.invalid`.
 * @param {Group} group
 * @param {Element} y
 * @param {string} prefix
 * @param {Ciphertext} ciphertext
 * @param {number} low
 * @param {number} high
 * @param {readonly Proof[]} proof
 * @param {string} [what]
 */
export function verifyInterval(
  group,
  y,
  prefix,
  ciphertext,
  low,
  high,
  proof,
  what = "interval proof",
) {
  require(proof.length === high - low + 1, `${what}: length`);
  /** @type {[Element, bigint][][]} */
  const commitments = proof.flatMap(({ challenge: c, response: z }, j) => {
    // (β / g^M_j)^c = β^c g^(−M_j c): powers of α and β alone, whose tables serve every entry.
    const shift = -BigInt(low + j) * c;
    return [[[group.g, z], [ciphertext.alpha, c]], [[y, z], [ciphertext.beta, c], [group.g, shift]]];
  });
  const total = group.mod(proof.reduce((sum, entry) => sum + entry.challenge, 0n));
  require(hashOfPowers(group, prefix, commitments) === total, what);
}

// Statements: the strings that bind a proof to its ballot.

/** S_0 = φ `|` ser(credential). @param {string} fingerprint @param {string} credential */
export function statement(fingerprint, credential) {
  return `${fingerprint}|${credential}`;
}

/**
 * S = S_0 `|` ser(α_0) `,` ser(β_0) `,` …
 * @param {Group} group
 * @param {string} s0
 * @param {Ciphertext[]} ciphertexts
 */
export function withCiphertexts(group, s0, ciphertexts) {
  return `${s0}|${ciphertexts.flatMap((c) => [group.ser(c.alpha), group.ser(c.beta)]).join(",")}`;
}

/**
 * `tag|S|ser(α),ser(β)|`: `prove` in Belenios, `ballot-cap` for the cap proof.
 * @param {Group} group
 * @param {string} tag
 * @param {string} s
 * @param {Ciphertext} ciphertext
 */
export function intervalPrefix(group, tag, s, ciphertext) {
  return `${tag}|${s}|${group.ser(ciphertext.alpha)},${group.ser(ciphertext.beta)}|`;
}

/**
 * `signature.hash`: base64 of SHA-256 of the compact ballot without its signature.
 * @param {import("./encoding.mjs").Json} unsigned
 */
export function ballotHash(unsigned) {
  return b64(sha256(compact(unsigned)));
}
