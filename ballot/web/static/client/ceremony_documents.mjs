/**
 * The ceremony's documents: canonical JSON, signed by the official who is the trustee; mirrors
 * ballot/trustee/documents.py. docs/record.md, "Ceremony documents".
 *
 * @typedef {import("./definition.mjs").Definition} Definition
 * @typedef {{ definition: Definition, index: number, id: string, key: Uint8Array }} Place one
 *   trustee of a session; `key` is the official's 32-byte signing seed
 */

import { utf8 } from "./bytes.mjs";
import { dumps, loads } from "./encoding.mjs";
import { Invalid, refusedAs } from "./errors.mjs";
import * as shapes from "./shapes.mjs";
import { publicKey, sign, verify } from "./signing.mjs";

/** @type {{ [step: string]: string }} */
const CONTENTS = {
  renewal: "number",
  certificate: "certificate commitment",
  coefficients: "base certificates_signature coefficients shares",
  key: "base key",
  drill: "base challenge factor minute response",
};
const STEPS = [...Object.keys(CONTENTS), "ready"];
const COMMON = "index kind role session signature signer slot";
const MAX_DOCUMENT = 1024 * 1024;

/** @param {string} step @param {number} index */
export function fileName(step, index) {
  return `${STEPS.indexOf(step)}-${step}-${index}.json`;
}

/**
 * The place of an officer whose key the definition names: `trustee.not_named`, `trustee.other_key`.
 * @param {Definition} definition @param {string} id @param {Uint8Array} key
 * @returns {Place}
 */
export function placeOf(definition, id, key) {
  const index = definition.trustees.indexOf(id) + 1;
  if (!index) throw new Invalid("trustee.not_named", id);
  if (officer(definition, id).publicKey !== publicKey(key)) {
    throw new Invalid("trustee.other_key", id);
  }
  return { definition, index, id, key };
}

/** The signed document of one's own step. @param {Place} place @param {string} step @param {any} contents */
export function write({ definition, index, id, key }, step, contents) {
  const kind = `ceremony_${step}`;
  const { session } = definition;
  const document = { ...contents, index, kind, role: "trustee", session, signer: id, slot: null };
  return decoded(dumps({ ...document, signature: sign(key, kind, document) }));
}

/**
 * The document of trustee `index` for `step`: `ceremony.document`, `ceremony.session`,
 * `ceremony.signature`.
 * @param {Definition} definition @param {string} step @param {number} index @param {string} text
 */
export function read(definition, step, index, text) {
  const [kind, signer] = [`ceremony_${step}`, definition.trustees[index - 1] ?? ""];
  const contents = CONTENTS[step] ?? "";
  const document = refusedAs("ceremony.document", () => {
    const data = utf8(text);
    if (data.length > MAX_DOCUMENT) throw shapes.refuse(step, "too large");
    const value = shapes.fields(loads(data), `${COMMON} ${contents}`, step);
    shapes.hexadecimal(value.session, "session");
    if (value.kind !== kind || value.index !== index || value.slot !== null) {
      throw shapes.refuse(step, "of another step or trustee");
    }
    if (value.signer !== signer || value.role !== "trustee") {
      throw shapes.refuse(step, "of another signer or role");
    }
    for (const name of contents.split(" ")) {
      if (name === "base" || name === "commitment") shapes.hexadecimal(value[name], name);
      else if (name === "number") shapes.integer(value[name], name, 1);
      else if (name === "minute") shapes.minute(value[name], name);
      else if (name !== "shares") shapes.text(value[name], name, 1, MAX_DOCUMENT);
    }
    if ("shares" in value) {
      const size = definition.trustees.length;
      shapes.array(value.shares, (v, w) => shapes.text(v, w, 1, 16_384), "shares", size, size);
    }
    return value;
  });
  if (document.session !== definition.session) {
    throw new Invalid("ceremony.session", "made for another session");
  }
  const { signature, ...unsigned } = document;
  refusedAs("ceremony.signature", () =>
    verify(officer(definition, signer).publicKey, kind, unsigned, String(signature)),
  );
  return document;
}

/** @param {Definition} definition @param {string} id */
export function officer(definition, id) {
  const found = definition.officers.find((one) => one.id === id);
  if (!found) throw new Invalid("signature.unknown_signer", id);
  return found;
}

/** @param {Uint8Array} data */
export function decoded(data) {
  return new TextDecoder().decode(data);
}
