/**
 * Encrypted key files; mirrors ballot/crypto/keyfile.py, where the format is described. The same
 * file opens in Python and here: scrypt (N = 2^17, r = 8, p = 1) and AES-256-GCM.
 *
 * @typedef {{ purpose: string, owner: string, public: string, session: string | null }} KeyHeader
 * @typedef {import("./nonces.mjs").Random} Random
 * @typedef {(done: number, total: number) => void} Progress
 */

import { scryptAsync } from "../vendor/crypto.mjs";
import { decryptGcm, encryptGcm } from "./aes.mjs";
import { fromHex, toHex, utf8 } from "./bytes.mjs";
import { digest, dumps, loads } from "./encoding.mjs";
import { Invalid, refusedAs } from "./errors.mjs";
import * as shapes from "./shapes.mjs";
import { signedBytes } from "./signing.mjs";

const PURPOSES = ["box", "official", "slot", "trustee"];
const MAX_FILE = 16 * 1024;
const MAX_SECRET = 1024;
/** @type {[string, number][]} */
const COST = [
  ["n", 2 ** 17],
  ["r", 8],
  ["p", 1],
];
const [SALT_SIZE, KEY_SIZE, NONCE_SIZE, TAG_SIZE] = [16, 32, 12, 16];
const FIELDS = "ciphertext digest kdf kind nonce owner public purpose session version";

/**
 * The key file of `secret`, with a fresh salt and nonce, drawn in this order. `key.passphrase` for
 * one that is empty or not well formed, `document.shape` for what no key file holds.
 * @param {KeyHeader} header
 * @param {Uint8Array} secret 1 to 1024 bytes
 * @param {string} passphrase
 * @param {Random} random
 * @param {Progress} [progress]
 */
export async function lock(header, secret, passphrase, random, progress) {
  const [salt, nonce] = [random(SALT_SIZE), random(NONCE_SIZE)];
  const kdf = { name: "scrypt", ...Object.fromEntries(COST), salt: toHex(salt) };
  const { purpose, owner, session } = header;
  const open = { kind: "key_file", version: 1, purpose, owner, public: header.public, session };
  const document = { ...open, kdf, nonce: toHex(nonce) };
  const key = await derive(passphrase, salt, progress);
  const ciphertext = toHex(await encryptGcm(key, nonce, secret, signedBytes("key_file", document)));
  const sealed = { ...document, ciphertext };
  return dumps(checkShape({ ...sealed, digest: digest(sealed) }));
}

/**
 * What the file says about itself; not authenticated before `unlock`. `key.damaged`.
 * @param {Uint8Array} data
 * @returns {KeyHeader}
 */
export function readHeader(data) {
  return headerOf(parse(data));
}

/**
 * The header and the secret of a key file made for this purpose and session: `key.damaged`,
 * `key.purpose`, `key.session`, `key.passphrase`. That the secret belongs to `public` is for the
 * caller.
 * @param {Uint8Array} data
 * @param {string} passphrase
 * @param {string} purpose
 * @param {string | null} session
 * @param {Progress} [progress]
 * @returns {Promise<{ header: KeyHeader, secret: Uint8Array }>}
 */
export async function unlock(data, passphrase, purpose, session, progress) {
  const document = parse(data);
  const header = headerOf(document);
  if (header.purpose !== purpose) {
    throw new Invalid("key.purpose", `a key of purpose ${header.purpose}, wanted: ${purpose}`);
  }
  if (header.session !== session) {
    throw new Invalid("key.session", "the key belongs to another session");
  }
  const { ciphertext, digest: _, ...outside } = document;
  const key = await derive(passphrase, fromHex(document.kdf.salt), progress);
  const about = signedBytes("key_file", outside);
  const secret = await decryptGcm(key, fromHex(document.nonce), fromHex(ciphertext), about);
  if (!secret) throw new Invalid("key.passphrase", "wrong passphrase, or the file was altered");
  return { header, secret };
}

/**
 * The AES key (RFC 7914): 128 MiB of memory. NFKC, so that full-width typing opens the same file.
 * @param {string} passphrase
 * @param {Uint8Array} salt
 * @param {Progress} [progress]
 */
async function derive(passphrase, salt, progress = () => {}) {
  if (/\p{Surrogate}/u.test(passphrase)) throw new Invalid("key.passphrase", "not Unicode");
  const password = utf8(passphrase.normalize("NFKC"));
  if (!password.length) throw new Invalid("key.passphrase", "empty");
  const cost = { N: 2 ** 17, r: 8, p: 1, dkLen: KEY_SIZE, maxmem: 2 ** 28 };
  const onProgress = (/** @type {number} */ part) => progress(Math.floor(100 * part), 100);
  return scryptAsync(password, salt, { ...cost, onProgress });
}

/** @param {any} document @returns {KeyHeader} */
function headerOf(document) {
  const { purpose, owner, session } = document;
  return { purpose, owner, public: document.public, session };
}

/** @param {Uint8Array} data */
function parse(data) {
  const document = refusedAs("key.damaged", () => {
    if (data.length > MAX_FILE) throw shapes.refuse("key file", `larger than ${MAX_FILE} bytes`);
    return checkShape(loads(data));
  });
  const { digest: stated, ...rest } = document;
  if (stated !== digest(rest)) throw new Invalid("key.damaged", "the digest differs");
  return document;
}

/**
 * Every field in shape. Only one set of scrypt parameters exists: a file must not choose how much
 * memory its reader spends.
 * @param {any} value
 */
function checkShape(value) {
  const document = shapes.fields(value, FIELDS, "key file");
  shapes.choice(document.kind, ["key_file"], "kind");
  shapes.integer(document.version, "version", 1, 1);
  shapes.choice(document.purpose, PURPOSES, "purpose");
  shapes.identifier(document.owner, "owner");
  shapes.text(document.public, "public", 1, 2000);
  shapes.optional(document.session, shapes.hexadecimal, "session");
  const kdf = shapes.fields(document.kdf, "n name p r salt", "kdf");
  shapes.choice(kdf.name, ["scrypt"], "kdf.name");
  for (const [name, only] of COST) shapes.integer(kdf[name], `kdf.${name}`, only, only);
  shapes.hexadecimal(kdf.salt, "kdf.salt", SALT_SIZE);
  shapes.hexadecimal(document.nonce, "nonce", NONCE_SIZE);
  const [low, high] = [2 * (1 + TAG_SIZE), 2 * (MAX_SECRET + TAG_SIZE)];
  const sealed = shapes.text(document.ciphertext, "ciphertext", low, high);
  shapes.hexadecimal(sealed, "ciphertext", Math.floor(sealed.length / 2));
  shapes.hexadecimal(document.digest, "digest");
  return document;
}
