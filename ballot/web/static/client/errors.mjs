/**
 * The one refusal of the project. A check returns nothing (or the decoded value) or throws
 * `Invalid`; there is no boolean that a caller could forget to look at.
 */

/** Input that must be refused; mirrors ballot/crypto/errors.py. */
export class Invalid extends Error {
  /**
   * @param {string} code stable, dotted, English: the same as in Python, in the API and in messages
   * @param {string} [detail] for people reading a report: names the place, never a secret
   */
  constructor(code, detail = "") {
    super(detail ? `${code}: ${detail}` : code);
    this.name = "Invalid";
    this.code = code;
    this.detail = detail;
  }
}

/**
 * What `read` returns; its refusals are thrown anew under `code`.
 * @template T
 * @param {string} code
 * @param {() => T} read
 * @returns {T}
 */
export function refusedAs(code, read) {
  try {
    return read();
  } catch (error) {
    throw error instanceof Invalid ? new Invalid(code, error.message) : error;
  }
}
