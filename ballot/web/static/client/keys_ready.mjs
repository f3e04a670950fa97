/** The last step of the ceremony; mirrors `ready` of ballot/trustee/ceremony.py. */

import { utf8 } from "./bytes.mjs";
import { Waiting } from "./ceremony_board.mjs";
import { decoded, officer } from "./ceremony_documents.mjs";
import { dumps, loads } from "./encoding.mjs";
import { Invalid, refusedAs } from "./errors.mjs";
import { signedDocument } from "./events.mjs";
import { sign, verify } from "./signing.mjs";

/**
 * KeysReady, built here and taken from nobody (E21): the draft with all signatures, or `Waiting`.
 * @param {import("./ceremony.mjs").Run} run
 * @param {any[]} found the drills
 * @param {string[]} commitments
 * @returns {string}
 */
export function signReady(run, found, commitments) {
  const { definition, place } = run;
  const body = {
    commitments,
    drills: found.map(({ challenge, factor, response }) => ({ challenge, factor, response })),
    trustees: run.trustees,
  };
  const minute = found.map((document) => document.minute).sort()[found.length - 1];
  const { session } = definition;
  const event = /** @type {any} */ ({ body, kind: "keys_ready", minute, session, slot: null });
  const own = sign(place.key, event.kind, signedDocument(event, place.id, "trustee"));
  /** @type {any[]} */
  const signatures = [];
  const missing = [];
  const draft = (/** @type {any[]} */ by) => decoded(dumps({ ...event, signatures: by }));
  const mine = draft([{ role: "trustee", signature: own, signer: place.id }]);
  for (const [i, id] of definition.trustees.entries()) {
    const one = run.one("ready", i + 1, mine);
    if (one === null) {
      missing.push(id);
      continue;
    }
    run.naming("ready", i + 1, () => {
      const value = refusedAs("ceremony.document", () => /** @type {any} */ (loads(utf8(one))));
      const [signature] = Array.isArray(value?.signatures) ? value.signatures : [];
      const names = signature ? Object.keys(signature).join() : "";
      const texts = names && Object.values(signature).every((text) => typeof text === "string");
      if (names !== "role,signature,signer" || !texts || draft([signature]) !== one) {
        throw new Invalid("ceremony.ready", "signed other keys, hashes or drills");
      }
      if (signature.signer !== id || signature.role !== "trustee") {
        throw new Invalid("ceremony.signature", "not the signature of this trustee");
      }
      const says = signedDocument(event, id, "trustee");
      refusedAs("ceremony.signature", () =>
        verify(officer(definition, id).publicKey, event.kind, says, signature.signature),
      );
      signatures.push(signature);
      run.pin("ready", i + 1, one);
    });
  }
  if (missing.length) throw new Waiting("ready", missing);
  return draft(signatures.sort((a, b) => (a.signer < b.signer ? -1 : 1)));
}
