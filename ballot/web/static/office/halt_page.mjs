/**
 * Closing: first a signed order stops the check-in or the round, and its answer is what the draft
 * states (docs/service.md). The same order again has the same answer, so nothing is lost halfway.
 */

import { api } from "./api.mjs";
import { keyWork } from "./key_work.mjs";
import { getKey } from "./keys.mjs";
import { onSubmit, part, say, show } from "./page.mjs";
import { readUnused } from "./unused_slips.mjs";

const form = part("halt", HTMLFormElement);
const { kind = "", order = "", slot = "", session = "", role = "" } = form.dataset;

/** What was told of slips that are missing: confirmed by doing it once more. */
let told = "";

/**
 * What the draft is given; null when something is to be done first, which was said.
 * @param {any} answer
 */
async function given(answer) {
  if (kind === "check_in_closed") return form.elements.namedItem("unused") ? withSlips(answer) : answer;
  const papers = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("papers"));
  return { papers: papers ? Number(papers.value) : null, tablet: answer };
}

/**
 * With drawn codes, the slips that nobody took: opened now, off line, and stated.
 * @param {{ issued: { slot: string, tablet: number }[] }} answer
 */
async function withSlips(answer) {
  const { files } = /** @type {HTMLInputElement} */ (form.elements.namedItem("unused"));
  const [file, slots] = [files?.[0], answer.issued.map((one) => one.slot)];
  const taken = answer.issued[0]?.tablet ?? 0;
  const left = Number(form.dataset.deputies) - taken;
  const found = file ? readUnused(new Uint8Array(await file.arrayBuffer()), session, slots) : [];
  const count = found.length / slots.length;
  if (count < left) {
    const text = say(file ? "act.slips.lost" : "act.slips.wait", { taken, left, count, lost: left - count });
    const confirmed = file && text === told;
    told = text;
    part("told", HTMLElement).textContent = text;
    if (!confirmed) return null;
  }
  return { ...answer, unused_slips: found };
}

/**
 * The password once more, before anything is stopped and without leaving what was typed here.
 * @param {boolean} confirmed in the last minutes @returns {Promise<boolean>} whether it is now
 */
async function confirmHere(confirmed) {
  const [again, field] = [part("again", HTMLElement, form), part("password", HTMLInputElement, form)];
  if (!confirmed && field.value) {
    await api.post("/api/me/confirm", { password: field.value });
    field.value = "";
    confirmed = true;
  }
  show(again, !confirmed);
  if (!confirmed) field.focus();
  return confirmed;
}

onSubmit(form, async () => {
  const [{ id, confirmed }, official] = await Promise.all([api.me(), getKey("official")]);
  if (official === null) return show(part("no-key", HTMLElement), true);
  if (!(await confirmHere(confirmed))) return;
  const document = { kind: order, role, session, signer: id, slot };
  const passphrase = part("passphrase", HTMLInputElement, form).value;
  const documents = [{ kind: order, document }];
  const { signatures } = await keyWork("sign", { owner: id, official, passphrase, documents });
  part("told", HTMLElement).textContent = say("act.halting");
  const answer = await api.post("/api/orders", { ...document, signature: signatures[0] });
  const about = kind === "check_in_closed" ? null : slot;
  const states = await given(answer);
  if (states === null) return;
  const { digest } = await api.post("/api/drafts", { given: states, kind, slot: about });
  location.assign(`/office/sign/${digest}`);
});
