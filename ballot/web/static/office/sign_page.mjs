/**
 * The signing page: shows a draft from its own bytes, checks what this browser can, and signs it
 * in the worker, in every role that the official has for it.
 *
 * @typedef {import("./showing.mjs").Draft} Draft
 * @typedef {Draft & { digest: string, mine: string[], state: string }} Shown an answer of the API
 * @typedef {import("../client/definition.mjs").Definition} Definition
 */

import { decodeDefinition } from "../client/definition.mjs";
import { signedDocument } from "../client/events.mjs";
import { readHeader } from "../client/keyfile.mjs";
import { utf8 } from "../client/bytes.mjs";
import { api, Refused } from "./api.mjs";
import { checkCertificate } from "./certificate_check.mjs";
import { checkDraft } from "./draft_checks.mjs";
import { keyWork } from "./key_work.mjs";
import { getKey } from "./keys.mjs";
import { copyOf, onSubmit, part, parts, refusal, say, show, texts } from "./page.mjs";
import { hidden, shown, valueAt } from "./showing.mjs";

// A seal and a decryption are signed where the box was opened, once per round (attack E22).
const ELSEWHERE = ["keys_ready", "sealed", "decrypted"];
const main = part("sign", HTMLElement);
const digest = main.dataset["digest"] ?? "";

/** @param {"ok" | "fail" | "open"} status @param {string} text */
function tell(status, text) {
  const line = copyOf("check");
  line.dataset["status"] = status;
  part("mark", HTMLElement, line).textContent = say(`sign.status.${status}`);
  part("text", HTMLElement, line).textContent = text;
  part("checks", HTMLElement).append(line);
}

/** Write every member anew; what the page does not show is a reason not to sign. @param {Draft} draft @param {Definition} definition */
function write(draft, definition) {
  const rows = /** @type {HTMLElement[]} */ ([...main.querySelectorAll("[data-path]")]);
  for (const row of rows) {
    const { path = "", how = "" } = row.dataset;
    const found = shown(how, valueAt(draft, path), { definition, slot: draft.slot }, texts());
    part("shown", HTMLElement, row).textContent = found.shown;
    if (found.full) part("full", HTMLElement, row).textContent = found.full;
  }
  const left = hidden(draft, rows.map((row) => row.dataset["path"] ?? ""));
  if (left.length) tell("fail", say("sign.check.hidden.fail", { names: left.join(" ") }));
  return left.length === 0;
}

/** The key file of this official, if it is the one that the definition names. @param {Definition} definition @param {string} id */
async function ownKey(definition, id) {
  const file = await getKey("official");
  const officer = definition.officers.find((one) => one.id === id);
  if (file === null || !officer) return null;
  return readHeader(utf8(file)).public === officer.publicKey ? file : null;
}

/** @param {Shown} draft @param {Definition} definition @param {string[]} lines @returns {Promise<boolean>} whether it may be signed */
async function check(draft, definition, lines) {
  let good = write(draft, definition);
  for (const one of checkDraft(definition, lines, draft)) {
    tell(one.status, say(`sign.check.${one.key}.${one.status}`, one.fields));
    good = good && one.status !== "fail";
  }
  if (draft.kind !== "certified") return good;
  const { status, text } = await checkCertificate(draft, definition, lines);
  tell(status, text);
  return good && status === "ok";
}

/** @param {Shown} draft @param {Definition} definition */
async function offer(draft, definition) {
  const { id } = await api.me();
  const file = await ownKey(definition, id);
  show(part("no-key", HTMLElement), file === null);
  if (file === null) return;
  const form = part("form", HTMLFormElement);
  show(form, true);
  onSubmit(form, async () => {
    const field = part("passphrase", HTMLInputElement, form);
    const event = /** @type {import("../client/events.mjs").Event} */ (/** @type {unknown} */ (draft));
    const documents = draft.mine.map((role) => ({
      kind: draft.kind,
      document: signedDocument(event, id, role),
    }));
    const passphrase = field.value;
    const { signatures } = await keyWork("sign", { owner: id, official: file, passphrase, documents });
    field.value = "";
    let answer = { missing: [], state: "open" };
    for (const [i, role] of draft.mine.entries()) {
      const path = `/api/drafts/${digest}/signatures`;
      answer = await api.post(path, { role, signature: signatures[i], signer: id });
    }
    show(form, false);
    await finish(answer);
  });
}

/** What is still missing, or that it is in force; and what comes next. @param {{ missing: { more: number, role: string }[], state: string }} answer */
async function finish({ missing, state }) {
  const done = part("done", HTMLElement);
  part("done-text", HTMLElement).textContent = say(`sign.done.${state}`);
  for (const { more, role } of missing.filter((one) => one.more > 0)) {
    const line = document.createElement("li");
    line.textContent = say("office.more", { role: say(`account.role.${role}`), number: more });
    part("still", HTMLElement).append(line);
  }
  const { drafts } = await api.get("/api/drafts");
  const next = drafts.find((/** @type {Shown} */ one) => one.digest !== digest && one.state === "open" && one.mine.length);
  const link = part("next", HTMLAnchorElement);
  if (next) {
    link.href = `/office/sign/${next.digest}`;
    link.textContent = say("sign.next", { what: say(`office.step.${next.kind}`) });
  }
  for (const line of parts("before")) show(line, false);
  show(done, true);
  link.focus();
}

async function start() {
  const [draft, bytes, lines] = await Promise.all([
    api.get(`/api/drafts/${digest}`),
    api.bytes("/api/definition"),
    api.lines("/api/events"),
  ]);
  const definition = decodeDefinition(bytes);
  const good = await check(draft, definition, lines);
  const may = draft.state === "open" && draft.mine.length > 0 && !ELSEWHERE.includes(draft.kind);
  show(part("refused", HTMLElement), !good);
  if (good && may) await offer(draft, definition);
}

start()
  .catch((error) => tell("fail", error instanceof Refused ? refusal(error) : say("sign.unchecked", { what: refusal(error) })))
  .finally(() => {
    show(part("working", HTMLElement), false);
    main.dataset["ready"] = "";
  });
