/**
 * Before a certificate is signed the signer's own browser verifies the round: box, decryption,
 * count and outcome, by the verifier's own modules (checking.mjs), and shows what it found. Ballots that
 * this device verified before are not verified again; the page says when that was.
 *
 * @typedef {import("../client/definition.mjs").Definition} Definition
 * @typedef {{ status: "ok" | "fail", text: string }} Found
 */

import { digest } from "../client/encoding.mjs";
import { findSlot } from "../client/definition.mjs";
import { utf8 } from "../client/bytes.mjs";
import { api, Refused } from "./api.mjs";
import { recall, remember } from "./checked_boxes.mjs";
import { copyOf, part, say, show, texts } from "./page.mjs";
import { minuteOf } from "./showing.mjs";

/**
 * @param {import("./showing.mjs").Draft} draft @param {Definition} definition @param {string[]} lines
 * @returns {Promise<Found>}
 */
export async function checkCertificate({ slot, body }, definition, lines) {
  const at = `/api/rounds/${slot}`;
  const { certificate } = await api.get(`${at}/certificate`);
  if (digest(certificate) !== body["certificate"]) return refuse("other_certificate");
  const paper = certificate.sealed === null; // a round on paper alone has no box
  const progress = part("progress", HTMLProgressElement);
  show(part("verifying", HTMLElement), true);
  try {
    const { session } = definition;
    const [{ checkRound }, verified, envelopes, archive] = await Promise.all([
      verifier(),
      paper ? null : recall(session, String(slot)),
      paper ? [] : api.lines(`${at}/box`),
      paper ? null : api.bytes(`${at}/archive`),
    ]);
    const box = envelopes.map(utf8);
    const input = { definition: definition.raw, lines, slot, envelopes: box, archive, certificate, verified };
    const found = await checkRound(input, (/** @type {number} */ done, /** @type {number} */ total) => {
      [progress.value, progress.max] = [done, total];
    });
    list(found.checks);
    if (found.verdict !== "valid") return refuse(found.verdict);
    results(certificate, definition);
    const number = envelopes.length;
    if (verified && found.box?.before) {
      const minute = minuteOf(verified.minute, texts());
      return { status: "ok", text: say("sign.round.valid_before", { number, minute }) };
    }
    if (found.box) await remember(session, String(slot), found.box);
    return { status: "ok", text: say("sign.round.valid", { number }) };
  } catch (error) {
    if (error instanceof Refused) throw error;
    return refuse("not_checkable");
  } finally {
    show(part("verifying", HTMLElement), false);
  }
}

/** @param {string} why @returns {Found} */
function refuse(why) {
  return { status: "fail", text: say(`sign.round.${why}`) };
}

/** @returns {Promise<any>} */
function verifier() {
  return import(new URL("./checking.mjs", import.meta.url).href);
}

/** Each check of the verifier with its number and word. @param {{ id: string, status: string, code?: string }[]} checks */
function list(checks) {
  for (const { id, status, code } of checks) {
    const line = copyOf("verified");
    part("id", HTMLElement, line).textContent = id;
    part("text", HTMLElement, line).textContent = say(`verify.${id}`);
    part("mark", HTMLElement, line).textContent = say(`verify.status.${status}`) + (code ? ` ${code}` : "");
    part("verified-list", HTMLElement).append(line);
  }
}

/** What the certificate says of each item. @param {any} certificate @param {Definition} definition */
function results(certificate, definition) {
  const { vote } = findSlot(definition, certificate.slot);
  const { outcome, totals } = certificate;
  for (const [i, id] of certificate.items.entries()) {
    const line = copyOf("result");
    part("name", HTMLElement, line).textContent = vote.items.find((item) => item.id === id)?.title ?? id;
    part("totals", HTMLElement, line).textContent = totals[i].join(" / ");
    const word = outcome.reasons?.[i]?.outcome ?? outcome.items?.[i]?.f5;
    const key = vote.style === "grades" ? `grade.${word}` : `outcome.label.${word}`;
    part("outcome", HTMLElement, line).textContent = word ? say(key) : say("sign.none");
    part("results-list", HTMLElement).append(line);
  }
  show(part("results", HTMLElement), true);
}
