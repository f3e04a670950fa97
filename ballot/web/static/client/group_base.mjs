/**
 * What both groups share; mirrors `Group` of ballot/crypto/group.py. Written multiplicatively;
 * exponents are BigInts. `power` and `powerG` are for secret exponents, `powerPublic` is not.
 * Every incoming element passes `parse` once (canonical text, member of the subgroup; A5–A7).
 *
 * @typedef {any} Element a noble point (Ed25519) or a BigInt (BELENIOS-2048): opaque to callers
 */

import { Invalid } from "./errors.mjs";

const ABSTRACT = "left to each group";
const DECIMAL = /^(?:0|[1-9][0-9]*)$/;

/** A cyclic group of prime order `q` with generator `g`. @abstract */
export class Group {
  /**
   * @param {string} name
   * @param {bigint} q
   * @param {Element} g
   * @param {Element} identity
   */
  constructor(name, q, g, identity) {
    this.name = name;
    this.q = q;
    this.g = g;
    this.identity = identity;
  }

  /**
   * Refuse (`element.malformed`) what is not the one spelling of a residue or y < p.
   * @param {any} text
   */
  checkText(text) {
    throw new TypeError(ABSTRACT);
  }

  /**
   * The element spelled `text`: `element.malformed`, `element.subgroup`. The identity is a member.
   * @param {any} text
   * @returns {Element}
   */
  parse(text) {
    throw new TypeError(ABSTRACT);
  }

  /** The one text of an element (format §1). @param {Element} element @returns {string} */
  ser(element) {
    throw new TypeError(ABSTRACT);
  }

  /** @param {Element} a @param {Element} b @returns {Element} */
  mul(a, b) {
    throw new TypeError(ABSTRACT);
  }

  /** a / b. @param {Element} a @param {Element} b @returns {Element} */
  div(a, b) {
    throw new TypeError(ABSTRACT);
  }

  /**
   * base^exponent for a secret exponent (taken mod q).
   * @param {Element} base
   * @param {bigint} exponent
   * @returns {Element}
   */
  power(base, exponent) {
    throw new TypeError(ABSTRACT);
  }

  /**
   * base^exponent where nothing is secret; may be faster.
   * @param {Element} base
   * @param {bigint} exponent
   * @returns {Element}
   */
  powerPublic(base, exponent) {
    return this.power(base, exponent);
  }

  /**
   * The texts of products of powers in which nothing is secret: the commitments that a verifier hashes.
   * @param {[Element, bigint][][]} products
   * @returns {string[]}
   */
  spelledPowers(products) {
    return products.map((powers) =>
      this.ser(this.product(powers.map(([base, exponent]) => this.powerPublic(base, exponent)))),
    );
  }

  /**
   * g^exponent for a secret that serves once; for s itself `power(g, s)`.
   * @param {bigint} exponent
   * @returns {Element}
   */
  powerG(exponent) {
    return this.power(this.g, exponent);
  }

  /** Make later powers of this base faster (the election key). @param {Element} base */
  prepare(base) {
    void base;
  }

  /** @param {Element} a @param {Element} b @returns {boolean} */
  same(a, b) {
    return this.ser(a) === this.ser(b);
  }

  /** @param {Element[]} elements @returns {Element} the identity for none */
  product(elements) {
    return elements.reduce((result, element) => this.mul(result, element), this.identity);
  }

  /** @param {bigint} value any integer @returns {bigint} its residue 0..q-1 */
  mod(value) {
    const residue = value % this.q;
    return residue < 0n ? residue + this.q : residue;
  }

  /**
   * A number 0 ≤ v < q in its one decimal spelling; else `scalar.malformed`.
   * @param {any} text
   * @returns {bigint}
   */
  parseScalar(text) {
    if (typeof text !== "string" || text.length > 80 || !DECIMAL.test(text)) {
      throw new Invalid("scalar.malformed", "not a plain decimal number");
    }
    const value = BigInt(text);
    if (value >= this.q) throw new Invalid("scalar.malformed", "not below the group order");
    return value;
  }

  /**
   * `parse`, and not the identity (credentials, keys; attack A6).
   * @param {any} text
   * @returns {Element}
   */
  parseKey(text) {
    const element = this.parse(text);
    if (this.same(element, this.identity)) {
      throw new Invalid("element.identity", "the neutral element is not allowed here");
    }
    return element;
  }
}
