/**
 * The official's signing key: made here, exported, tested from the exported copy, and only then
 * registered (people.md §12 no. 1, 2). The passphrase goes to the worker and nowhere else.
 *
 * @typedef {{ public: string, signature: string }} Proof that a copy opens to a key
 */

import { utf8 } from "../client/bytes.mjs";
import { Invalid } from "../client/errors.mjs";
import { readHeader } from "../client/keyfile.mjs";
import { qrPicture } from "../tablet/qr.mjs";
import { api } from "./api.mjs";
import { keyWork } from "./key_work.mjs";
import { getKey, putKey, removeKey } from "./keys.mjs";
import { onSubmit, part, parts, refusal, say, show } from "./page.mjs";

const STATES = ["none", "made", "exported", "verified", "registered"];
const SHORTEST = 8;
const NAME = "official";
const [STATE, PROOF] = [`${NAME}:state`, `${NAME}:proof`];

/** @param {string} name @param {HTMLFormElement} form */
const field = (name, form) => part(name, HTMLInputElement, form);

/** @returns {Promise<{ file: string | null, state: string }>} */
async function stored() {
  const [file, state, me] = await Promise.all([getKey(NAME), getKey(STATE), api.get("/api/me")]);
  if (file === null) return { file, state: "none" };
  const registered = me.public_key === readHeader(utf8(file)).public;
  return { file, state: registered && state === "verified" ? "registered" : (state ?? "made") };
}

/** Only ever forward. @param {string} state */
async function reached(state) {
  const known = (await getKey(STATE)) ?? "made";
  if (STATES.indexOf(state) > STATES.indexOf(known)) await putKey(STATE, state);
}

async function refresh() {
  const { file, state } = await stored();
  const at = STATES.indexOf(state);
  for (const line of parts("state")) {
    const place = STATES.indexOf(line.dataset["state"] ?? "");
    line.dataset["place"] = place < at ? "done" : place === at ? "now" : "later";
    if (place === at) line.setAttribute("aria-current", "step");
    else line.removeAttribute("aria-current");
  }
  for (const panel of parts("panel")) {
    show(panel, (panel.dataset["states"] ?? "").split(" ").includes(state));
  }
  const me = await api.get("/api/me");
  const other = me.public_key !== null && file !== null && readHeader(utf8(file)).public !== me.public_key;
  show(part("other", HTMLElement), other || (me.public_key !== null && file === null));
  if (file !== null) copy(file);
  part("key", HTMLElement).dataset["state"] = state;
}

/** The exported copy: a file, and a sheet. @param {string} file */
function copy(file) {
  const link = part("download", HTMLAnchorElement);
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([file], { type: "application/json" }));
  const header = readHeader(utf8(file));
  link.download = `${header.owner}-${header.public.slice(0, 8)}.key.json`;
  part("qr", HTMLElement).replaceChildren(qrPicture(file, say("key.qr")));
  part("sheet-public", HTMLElement).textContent = header.public;
}

/** @param {HTMLFormElement} form */
function newPassphrase(form) {
  const [first, again] = [field("passphrase", form), field("again", form)];
  if ([...first.value.normalize("NFKC")].length < SHORTEST) throw new KeyRefused("short");
  if (first.value !== again.value) throw new KeyRefused("differs");
  return first.value;
}

/** What only this page refuses; its sentence is `key.refusal.…`. */
class KeyRefused extends Invalid {
  /** @param {string} why */
  constructor(why) {
    super(`key.${why}`);
  }
}

/** The copy that was picked or pasted. @param {HTMLFormElement} form */
async function given(form) {
  const [picked] = field("file", form).files ?? [];
  const text = picked ? await picked.text() : part("text", HTMLTextAreaElement, form).value;
  if (!text.trim()) throw new KeyRefused("nothing");
  // A copy from the drill's sheet has a line for each key; the first is this one.
  return text.replace(/^\ufeff/, "").trim().split("\n")[0]?.trim() ?? "";
}

/**
 * The copy opened with the passphrase, and the signature that registers its key.
 * @param {HTMLFormElement} form @param {string} file @returns {Promise<Proof>}
 */
async function opened(form, file) {
  const { id } = await api.me();
  const header = readHeader(utf8(file));
  const document = { account: id, public: header.public };
  const documents = [{ kind: "official_key", document }];
  const passphrase = field("passphrase", form).value;
  const found = await keyWork("sign", { owner: id, official: file, passphrase, documents });
  return { public: found.public, signature: found.signatures[0] };
}

/** A proof outlives the page: the password may have to be typed again in between. @param {Proof} proof */
async function register(proof) {
  await putKey(STATE, "verified");
  await putKey(PROOF, JSON.stringify(proof));
  await api.post("/api/me/key", proof);
  await removeKey(PROOF);
}

/** Register what was proved before the password had to be typed again. */
async function resume() {
  const [proof, me] = await Promise.all([getKey(PROOF), api.get("/api/me")]);
  if (proof !== null && me.confirmed) await register(JSON.parse(proof));
}

/** @param {string} name @param {(form: HTMLFormElement) => Promise<void>} act */
function step(name, act) {
  const form = part(name, HTMLFormElement);
  onSubmit(form, async () => {
    await act(form);
    form.reset();
    await refresh();
  });
}

step("create", async (form) => {
  const passphrase = newPassphrase(form);
  const { id } = await api.me();
  const { file } = await keyWork("official", { owner: id, passphrase });
  await putKey(NAME, file);
  await putKey(STATE, "made");
});

step("test", async (form) => {
  const { file } = await stored();
  const exported = await given(form);
  const proof = await opened(form, exported);
  if (file === null || exported !== file) throw new KeyRefused("other_copy");
  await register(proof);
});

step("import", async (form) => {
  const file = await given(form);
  const proof = await opened(form, file);
  const me = await api.get("/api/me");
  if (me.public_key !== null && me.public_key !== proof.public) throw new KeyRefused("not_registered");
  await putKey(NAME, file);
  await register(proof);
});

part("download", HTMLAnchorElement).addEventListener("click", async () => {
  await reached("exported");
  await refresh();
});
part("print", HTMLButtonElement).addEventListener("click", async () => {
  window.print();
  await reached("exported");
  await refresh();
});

refresh().then(resume).then(refresh).catch((error) => {
  const trouble = part("page-trouble", HTMLElement);
  trouble.textContent = refusal(error);
  show(trouble, true);
});
