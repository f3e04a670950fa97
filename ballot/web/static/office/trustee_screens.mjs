/**
 * The screens of the wizard: key, copy and drill, ready; and what stands in its way.
 *
 * @typedef {import("./trustee_device.mjs").Device} Device
 * @typedef {import("./trustee_parts.mjs").Screen} Screen
 * @typedef {{ device: Device, act: (act: () => Promise<void>) => Promise<void>,
 *   exported: () => Promise<void>, exportAgain: () => void }} Page
 */

import { code } from "../client/encoding.mjs";
import { fromHex } from "../client/bytes.mjs";
import { findSlot } from "../client/definition.mjs";
import { banner, h } from "../tablet/dom.mjs";
import { qrPicture } from "../tablet/qr.mjs";
import { part } from "./page.mjs";
import { copyField } from "./trustee_copy.mjs";
import { form, heading, nameOf, names, panel, passphrase, second, t, trouble } from "./trustee_parts.mjs";
import { have, lacking, underWay } from "./trustee_state.mjs";

/** A heading, a sentence, perhaps a way on. @param {string} name @param {string} [to] @returns {Screen} */
export function plain(name, to) {
  const link = to && h("p", {}, h("a", { class: "btn btn--next", href: to }, t(`${name}.go`)));
  return { nodes: [panel(heading(t(`${name}.title`)), h("p", {}, t(`${name}.lead`)), link)] };
}

/** The page could not begin. @param {string} text @returns {Screen} */
export function failed(text) {
  return { nodes: [panel(heading(t("failed")), banner("stop", text))] };
}

/** The passphrase, once per visit. @param {Page} page @returns {Screen} */
export function unlock(page) {
  const field = passphrase("passphrase", t("passphrase"), t("unlock.hint"));
  const act = (/** @type {(done: number, total: number) => void} */ told) =>
    page.act(() => page.device.open(field.input.value, told));
  const nodes = [heading(t("unlock.title")), form(t("unlock.go"), [field.node], act)];
  return { nodes: [panel(...nodes)] };
}

/** @param {import("./trustee_state.mjs").Stage} stage @param {Page} page @returns {Screen} */
export function ceremony(stage, page) {
  if (stage === "begin") return begin(page);
  if (stage === "export") return exporting(page);
  if (stage === "drill") return drill(page);
  return stage === "ready" ? ready(page) : exchange(page);
}

/** @param {Page} page @returns {Screen} */
function begin(page) {
  const { device } = page;
  const again = device.board.number > 1 && h("p", {}, t("begin.again", { number: device.board.number }));
  const lost = device.board.documents.some(({ name }) => name.endsWith(`-${device.index}.json`));
  const nodes = [
    heading(t("begin.title")),
    h("p", {}, t("begin.lead")),
    again,
    lost && banner("warn", t("begin.lost")),
    form(t("begin.go"), [], () => page.act(() => device.begin())),
  ];
  return { nodes: [panel(...nodes), renewal(page)] };
}

/** @param {Page} page @returns {Screen} */
function exchange(page) {
  const wait = waiting(page);
  const nodes = [panel(heading(t("exchange.title")), h("p", {}, t("exchange.lead")), wait.node)];
  return { nodes: [...nodes, renewal(page)], update: wait.update };
}

/** Whose document is missing, kept up to date. @param {Page} page */
function waiting({ device }) {
  const node = h("p", { class: "banner banner--wait", role: "status" });
  const update = () => {
    const missing = lacking(device.definition, device.board)?.missing ?? [];
    const others = missing.filter((id) => id !== device.me);
    const whom = names(device.definition, others);
    const said = others.length ? t("waiting", { names: whom }) : t("working");
    if (node.textContent !== said) node.textContent = said;
  };
  update();
  return { node, update };
}

/** @param {Page} page @returns {Screen} */
function exporting(page) {
  const { device } = page;
  const session = code(fromHex(device.definition.session));
  const file = new Blob([device.copy], { type: "text/plain" });
  const link = h(
    "a",
    {
      class: "btn btn--next",
      download: t("export.file", { code: session, id: device.me }),
      href: URL.createObjectURL(file),
      onclick: () => (next.hidden = false),
    },
    t("export.save"),
  );
  const print = second(t("export.print"), () => {
    next.hidden = false;
    globalThis.print();
  });
  const next = form(t("export.done"), [], () => page.act(() => page.exported()));
  next.hidden = device.kept?.exported !== true;
  const nodes = [
    heading(t("export.title")),
    h("p", {}, t("export.lead")),
    h("ol", { class: "numbered" }, h("li", {}, link), h("li", {}, print)),
    banner("wait", t("export.envelope")),
    next,
  ];
  return { nodes: [h("div", { class: "noprint" }, panel(...nodes)), sheet(device, session)] };
}

/** The printed sheet: both key files as pictures, and whose they are. @param {Device} device @param {string} session */
function sheet(device, session) {
  const pictures = device.copyLines.map((line, i) =>
    h(
      "figure",
      {},
      qrPicture(line, t("sheet.qr", { number: i + 1 })),
      h("figcaption", {}, t("sheet.qr", { number: i + 1 })),
    ),
  );
  return h(
    "section",
    { class: "sheet", "aria-hidden": "true" },
    h("h2", {}, t("sheet.title")),
    h("p", {}, h("b", {}, nameOf(device.definition, device.me)), ` ${t("sheet.session")} `, session),
    h("div", { class: "sheet__codes" }, ...pictures),
    h("p", {}, t("sheet.note")),
  );
}

/** @param {Page} page @returns {Screen} */
function drill(page) {
  const copy = copyField();
  const field = passphrase("drill-passphrase", t("passphrase"), t("drill.passphrase"));
  /** @param {(done: number, total: number) => void} told */
  const act = async (told) => {
    const text = await copy.text();
    await page.act(() => page.device.practise(text, field.input.value, told));
  };
  const nodes = [
    heading(t("drill.title")),
    h("p", {}, t("drill.lead")),
    form(t("drill.go"), [copy.node, field.node], act),
    h("p", {}, second(t("drill.back"), () => page.exportAgain())),
  ];
  return { nodes: [panel(...nodes), renewal(page)] };
}

/** @param {Page} page @returns {Screen} */
function ready(page) {
  const wait = waiting(page);
  const nodes = [
    heading(t("ready.title")),
    banner("wait", t("ready.drilled")),
    h("p", {}, t("ready.lead")),
    wait.node,
  ];
  return { nodes: [panel(...nodes), renewal(page)], update: wait.update };
}

/** A document of somebody is wrong: who, what, and the way out. @param {Page} page @param {Error} found @returns {Screen} */
export function alarm(page, found) {
  const { definition } = page.device;
  const detail = "detail" in found ? String(found.detail) : "";
  const whose = definition.trustees.find((id) => detail.startsWith(`${id}: `));
  const title = whose ? t("alarm.of", { name: nameOf(definition, whose) }) : t("alarm.title");
  const nodes = [
    heading(title),
    banner("stop", trouble(found)),
    h("p", {}, t("alarm.lead")),
    detail && h("p", { class: "small code" }, detail),
  ];
  return { nodes: [panel(...nodes), renewal(page, true)] };
}

/**
 * To begin anew, all must agree: who did, and a button. @param {Page} page @param {boolean} [open]
 */
function renewal(page, open = false) {
  const { device } = page;
  const agreed = have(device.definition, device.board, "renewal");
  const mine = agreed.includes(device.me);
  const others = device.definition.trustees.filter((id) => !agreed.includes(id));
  const said = agreed.length
    ? t("renewal.asked", { agreed: names(device.definition, agreed), missing: names(device.definition, others) })
    : t("renewal.lead");
  const button = !mine && form(t(agreed.length ? "renewal.agree" : "renewal.go"), [], () =>
    page.act(() => device.renew()),
  );
  return h(
    "details",
    { class: "panel", open: open || agreed.length > 0 },
    h("summary", {}, t("renewal.title")),
    h("p", {}, said),
    button,
  );
}

/** The device has lost its key: from the exported copy, with what it must not seal (E2). @param {Page} page @returns {Screen} */
export function restore(page) {
  const { device } = page;
  const before = underWay(device.events);
  const copy = copyField();
  const field = passphrase("restore-passphrase", t("passphrase"));
  const slots = device.definition.votes.flatMap(({ slots: all }) => all.map(({ id }) => id));
  const boxes = slots.map((slot) => {
    const { vote, number } = findSlot(device.definition, slot);
    const there = before.includes(slot);
    const input = h("input", { type: "checkbox", value: slot, checked: there, disabled: there });
    return { input, node: h("label", { class: "check" }, input, t("round", { title: vote.title, number })) };
  });
  /** @param {(done: number, total: number) => void} told */
  const act = async (told) => {
    const text = await copy.text();
    const barred = boxes.filter(({ input }) => input.checked).map(({ input }) => input.value);
    await page.act(() => device.restore(text, field.input.value, barred, told));
  };
  const list = h(
    "fieldset",
    {},
    h("legend", {}, t("restore.rounds")),
    ...boxes.map(({ node }) => node),
  );
  const nodes = [
    heading(t("restore.title")),
    h("p", {}, t("restore.lead")),
    form(t("restore.go"), [copy.node, field.node, list], act),
  ];
  return { nodes: [panel(...nodes)] };
}

/** Somebody handed in a second version under a name that stands there (A12). @param {Device} device */
export function conflicts({ board, definition }) {
  const place = part("conflicts", HTMLElement);
  const says = board.conflicts.join();
  if (place.dataset["says"] === says) return;
  place.dataset["says"] = says;
  const whose = board.conflicts.map((name) => Number(name.split("-")[2]?.replace(".json", "")));
  const ids = [...new Set(whose.map((index) => definition.trustees[index - 1] ?? ""))];
  place.replaceChildren(
    ...(ids.length ? [banner("stop", t("conflict", { names: names(definition, ids) }))] : []),
  );
}
