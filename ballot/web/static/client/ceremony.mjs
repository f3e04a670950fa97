/**
 * Key ceremony by messages on a board; mirrors ballot/trustee/{ceremony,drill}.py byte for byte, so
 * that browsers and command lines meet in one ceremony (attacks A11, A12, E21, E30).
 *
 * @typedef {import("./ceremony_board.mjs").Files} Files
 * @typedef {import("./ceremony_documents.mjs").Place} Place
 * @typedef {import("./group_base.mjs").Element} Element
 * @typedef {{ documents: Files, seen: Files, waiting: string | null, missing: string[],
 *   share: string | null, trustees: string | null, event: string | null }} Progress as in Python;
 *   `event` is the KeysReady draft with all signatures. Save `seen` before `documents` leave.
 */

import { toHex, utf8 } from "./bytes.mjs";
import { Board, Waiting } from "./ceremony_board.mjs";
import { officer, write } from "./ceremony_documents.mjs";
import { sha256 } from "./encoding.mjs";
import { Invalid } from "./errors.mjs";
import { groupNamed } from "./group.mjs";
import { signReady } from "./keys_ready.mjs";
import * as messages from "./threshold.mjs";

/**
 * Everything that can be done now; throws `ceremony.…`, whose detail names trustee and document.
 * @param {Place} place
 * @param {Uint8Array} seed 32 bytes
 * @param {Files} files what the board holds
 * @param {Files} seen file name → digest of what was accepted before
 * @param {string | null} drill the own document of step 4, once it was made
 * @param {(done: number, total: number) => void} [progress] of the steps
 * @returns {Promise<Progress>}
 */
export async function proceed(place, seed, files, seen, drill, progress = () => {}) {
  const run = new Run(place, seed, files, seen);
  /** @type {Pick<Progress, "waiting" | "missing" | "event">} */
  let end = { waiting: null, missing: [], event: null };
  try {
    await run.certificates();
    progress(1, 5);
    await run.coefficients();
    progress(2, 5);
    run.keys();
    progress(3, 5);
    run.drills(drill);
    progress(4, 5);
    end.event = signReady(run, run.drillsFound, run.commitments);
    progress(5, 5);
  } catch (pause) {
    if (!(pause instanceof Waiting)) throw pause;
    end = { waiting: pause.step, missing: pause.missing, event: null };
  }
  const { own: documents, trustees } = run;
  const share = run.share === null ? null : run.share.toString();
  return { documents, seen: run.seen, ...end, share, trustees };
}

/** One pass over the board, from the first step on. */
export class Run extends Board {
  /** @type {bigint | null} */
  share = null;
  /** @type {string | null} */
  trustees = null;
  /** @type {any[]} */
  drillsFound = [];
  /** @type {string[]} */
  commitments = [];
  /** @type {any[]} */
  certs = [];
  /** @type {Element[]} */
  signing = [];
  /** @type {any[]} */
  keyObjects = [];

  /** @param {Place} place @param {Uint8Array} seed @param {Files} files @param {Files} seen */
  constructor(place, seed, files, seen) {
    super(place, files, seen);
    const { definition } = place;
    this.seed = seed;
    this.group = groupNamed(definition.group);
    this.size = definition.trustees.length;
    const { session, threshold } = definition;
    this.secret = messages.secretOf(this.group, seed, session, place.index, threshold);
  }

  async certificates() {
    const { group, secret, size, definition, seed } = this;
    const { threshold, session } = definition;
    const about = `${session}/${size}/${threshold}`;
    const context = (/** @type {number} */ index) => ({ group: group.name, size, threshold, index });
    const text = (/** @type {bigint} */ x) => group.ser(messages.publicOf(group, x));
    const [verification, encryption] = [text(secret.signing), text(secret.decryption)];
    const certificate = messages.signed(
      group,
      secret.signing,
      { context: context(secret.index), verification, encryption },
      messages.expand(seed, "certificate", about),
    );
    this.message = messages.signed(
      group,
      secret.signing,
      { coefexps: (this.coefficientsOwn = secret.coefficients.map(text)) },
      messages.expand(seed, "coefficients", about),
    );
    const contents = {
      certificate: messages.textOf(certificate),
      commitment: messages.commitment(this.message),
    };
    const found = this.gather("certificate", write(this.place, "certificate", contents));
    this.commitments = found.map((document) => document.commitment);
    this.mailboxes = found.map((document, i) =>
      this.naming("certificate", i + 1, () => {
        const names = ["context", "verification", "encryption"];
        const { message, says } = messages.readSigned(document.certificate, ...names);
        if (messages.textOf(says.context) !== messages.textOf(context(i + 1))) {
          throw new Invalid("ceremony.document", "a certificate of another ceremony or place");
        }
        const key = group.parseKey(says.verification);
        const mailbox = group.parseKey(says.encryption);
        messages.verifyMessage(group, key, message.message, message.signature);
        if (this.signing.some((other) => group.same(other, key))) {
          throw new Invalid("ceremony.document", "the signing key of another trustee");
        }
        this.certs.push(message);
        this.signing.push(key);
        return mailbox;
      }),
    );
  }

  async coefficients() {
    const { group, secret, certs, message, seed, place } = this;
    const about = messages.textOf({ certs, message });
    const signature = messages.signMessage(
      group,
      secret.signing,
      `certs_sig|${messages.textOf({ certs, coefexps: this.coefficientsOwn })}`,
      messages.expand(seed, "certs", about),
    );
    const shares = [];
    for (const [j, key] of (this.mailboxes ?? []).entries()) {
      shares.push(
        await messages.encryptShare(group, seed, messages.shareFor(group, secret, j + 1), key),
      );
    }
    const contents = {
      base: this.base,
      certificates_signature: messages.textOf(signature),
      coefficients: messages.textOf(message),
      shares,
    };
    const found = this.gather("coefficients", write(place, "coefficients", contents));
    /** @type {any[]} */
    this.coefexps = [];
    /** @type {any[]} */
    this.signatures = [];
    /** @type {string[][]} */
    this.elements = [];
    let sum = 0n;
    for (const [i, document] of found.entries()) {
      sum += await this.namingAsync("coefficients", i + 1, () => this.readShare(document, i));
    }
    this.share = group.mod(sum);
  }

  /** @param {any} document @param {number} i */
  async readShare(document, i) {
    const { group, certs, place } = this;
    const key = this.signing[i];
    const { message, says } = messages.readSigned(document.coefficients, "coefexps");
    messages.verifyMessage(group, key, message.message, message.signature);
    const elements = says.coefexps;
    if (!Array.isArray(elements) || elements.length !== this.definition.threshold) {
      throw new Invalid("ceremony.document", "a polynomial of another degree");
    }
    for (const element of elements) group.parse(element);
    if (messages.commitment(message) !== this.commitments?.[i]) {
      throw new Invalid("ceremony.commitment", "not the message committed to before");
    }
    const signature = messages.read(document.certificates_signature, "challenge", "response");
    const text = messages.textOf({ certs, coefexps: elements });
    messages.verifyMessage(group, key, `certs_sig|${text}`, signature);
    const mine = document.shares[place.index - 1];
    const share = await messages.decryptShare(group, this.secret.decryption, mine);
    const expected = messages.publicShare(group, [elements], place.index);
    if (!group.same(messages.publicOf(group, share), expected)) {
      throw new Invalid("ceremony.share", "a share that does not fit the coefficients");
    }
    this.coefexps?.push(message);
    this.signatures?.push(signature);
    this.elements?.push(elements);
    return share;
  }

  keys() {
    const { group, secret, definition, place, seed } = this;
    const share = /** @type {bigint} */ (this.share);
    const names = definition.trustees.map((id) => officer(definition, id).name);
    const name = /** @type {string} */ (names[place.index - 1]);
    const random = messages.expand(seed, "key", share.toString(), name);
    const own = messages.verificationKey(group, secret.signing, share, random, name);
    const contents = { base: this.base, key: messages.textOf(own) };
    const found = this.gather("key", write(place, "key", contents));
    const keys = found.map((document, i) =>
      this.naming("key", i + 1, () => {
        const value = messages.read(document.key, "pok", "public_key", "signature", "name");
        if (value.name !== names[i]) {
          throw new Invalid("ceremony.document", "another name than in the definition");
        }
        const key = messages.checkVerificationKey(group, value, this.signing[i]);
        if (!group.same(key, messages.publicShare(group, this.elements ?? [], i + 1))) {
          throw new Invalid("ceremony.key", "does not follow from the coefficients");
        }
        this.keyObjects.push(value);
        return key;
      }),
    );
    this.keyElements = keys;
    const parameters = {
      threshold: definition.threshold,
      certs: this.certs,
      coefexps: this.coefexps,
      signatures: this.signatures,
      verification_keys: this.keyObjects,
    };
    // The own certificate, coefficients and key stand there: `gather` took them from this device.
    this.trustees = messages.textOf([["Pedersen", parameters]]);
    this.expect(toHex(sha256(utf8(this.trustees))));
  }

  /** @param {string | null} own */
  drills(own) {
    this.drillsFound = this.gather("drill", own);
    for (const [i, document] of this.drillsFound.entries()) {
      this.naming("drill", i + 1, () =>
        messages.verifyDrill(
          this.group,
          this.definition.session,
          i + 1,
          this.keyElements?.[i],
          /** @type {any} */ (document),
        ),
      );
    }
  }
}
