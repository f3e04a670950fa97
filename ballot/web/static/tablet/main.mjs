// The start: texts, one window, capabilities, the pinned definition, the events; then the screen
// that follows from them.

import { App } from "./app.mjs";
import { missing } from "./capability.mjs";
import { Board, codeOfHex, decodeDefinition, Invalid } from "./core.mjs";
import { Following } from "./following.mjs";
import { ask, fetchBytes, insist, NoAnswer } from "./network.mjs";
import { notice } from "./notices.mjs";
import { starting } from "./resting.mjs";
import { Speech } from "./speech.mjs";
import { Store, StorageRefused } from "./storage.mjs";
import { Texts } from "./texts.mjs";

const ONE_WINDOW = 10_000; // ms that the window before may take to end

/** @returns {Promise<void>} */
async function start() {
  const store = new Store();
  const asked = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "zh";
  const lang = store.look.lang === "en" || store.look.lang === "zh" ? store.look.lang : asked;
  const never = new AbortController().signal;
  const texts = await insist(() => Texts.load(lang), () => undefined, { signal: never, again: () => true });
  const app = new App(texts, store, new Speech());
  app.looks.save();
  const failed = (/** @type {unknown} */ reason) => fail(app, reason);
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault(); // it is shown; what nobody foresaw is logged as well
    failed(event.reason);
  });
  addEventListener("error", (event) => failed(event.error));
  addEventListener("pageshow", (event) => event.persisted && app.newDocument()); // no way back (C5)
  readRows(app);
  app.show(starting);
  if (!(await onlyWindow())) return app.show(notice({ key: "other_tab" }));
  const code = await missing(app.core);
  if (code === "tablet.storage") return app.show(notice({ key: "storage", code }));
  if (code) return app.show(notice({ key: "unusable", code }));
  await open(app, never);
}

/** @param {App} app @param {AbortSignal} signal */
async function open(app, signal) {
  let told = false;
  const [service, bytes] = await insist(
    () => Promise.all([ask("GET", "/api/service"), fetchBytes("/api/definition")]),
    () => {
      if (!told) app.show(notice({ key: "no_service" }));
      told = true;
    },
    { signal, again: () => true },
  );
  const definition = decodeDefinition(bytes);
  const code = codeOfHex(definition.session);
  if (app.store.pin !== null && app.store.pin !== definition.session) {
    // The registrar shows another session than the one this tablet was drawn with (attack E23).
    return app.show(notice({ key: "other_session", code, grave: true }));
  }
  app.definition = { ...definition, code };
  app.board_ = new Board(definition);
  app.service = { box: service.box, client: service.client };
  if (app.shared) app.store.forgetful();
  await app.core.pin(bytes);
  const following = new Following(app.board_, {
    changed: () => app.changed(),
    refused: (error) => fail(app, error),
    online: (is) => app.setOnline(is),
  });
  await insist(() => following.catchUp(), () => app.setOnline(false), { signal });
  app.setOnline(true);
  following.start();
  app.changed();
}

/** Two windows would share one wallet: the second stays shut. @returns {Promise<boolean>} */
function onlyWindow() {
  const wait = AbortSignal.timeout(ONE_WINDOW);
  return new Promise((resolve) => {
    const held = () => new Promise(() => resolve(true)); // until the document ends
    navigator.locks.request("ballot", { signal: wait }, held).catch(() => resolve(false));
  });
}

/** @param {App} app @param {unknown} reason */
function fail(app, reason) {
  if (reason instanceof NoAnswer || (reason instanceof DOMException && reason.name === "AbortError")) return;
  if (reason instanceof StorageRefused) app.show(notice({ key: "storage", code: "tablet.storage" }));
  else if (reason instanceof Invalid) app.show(notice({ key: "documents", code: reason.code, grave: true }));
  else {
    console.error(reason);
    app.show(notice({ key: "unusable", code: "tablet.fault" }));
  }
}

/** With the voice on, the row one comes to is read. @param {App} app */
function readRows(app) {
  let last = "";
  document.addEventListener("focusin", ({ target }) => {
    const row = target instanceof Element ? target.closest("fieldset.item legend") ?? target.closest("fieldset.item")?.querySelector("legend") : null;
    const text = row?.textContent ?? "";
    if (text && text !== last) app.say(text);
    last = text;
  });
  document.addEventListener("change", ({ target }) => {
    const row = target instanceof Element ? target.closest("fieldset.item") : null;
    if (row) app.say((last = row.querySelector("legend")?.textContent ?? ""));
  });
}

void start();
