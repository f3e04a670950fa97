// Typing a code: large keys on the screen (tablets are locked without a keyboard), a real text
// field for those who have one, and the camera where there is one.

import { button, h } from "./dom.mjs";
import { headingPlace, next } from "./frame.mjs";
import { scan } from "./camera.mjs";

/**
 * @typedef {object} Pad
 * @property {string} name prefix of the texts: `check_in` or `drawn`
 * @property {string[]} rows the keys
 * @property {number} length characters without dashes
 * @property {number} group characters between dashes
 * @property {(text: string) => string} fold what a typed character stands for; "" for none
 * @property {(text: string) => void} take what was typed or scanned
 */

/** Crockford base 32, in the order of the alphabet so that it is found by looking. */
export const PASS_KEYS = ["0123456789", "ABCDEFGHJK", "MNPQRSTVWX", "YZ"];
/** Base58: capital and small letters differ. */
export const SLIP_KEYS = ["123456789", "ABCDEFGHJKLM", "NPQRSTUVWXYZ", "abcdefghijkm", "nopqrstuvwxyz"];

/** One printed code of 12: what people type for a digit they saw. @param {string} text */
export function foldPass(text) {
  return text
    .normalize("NFKC")
    .toUpperCase()
    .replace(/O/g, "0")
    .replace(/[IL]/g, "1")
    .replace(/[^0-9A-HJKMNP-TV-Z]/g, "");
}

/** @param {string} text */
export function foldSlip(text) {
  return text.normalize("NFKC").replace(/[^1-9A-HJ-NP-Za-km-z]/g, "");
}

/**
 * @param {Pad} pad @param {string} [problem] key of a sentence about what was typed before
 * @returns {import("./frame.mjs").Screen}
 */
export function codePad(pad, problem) {
  return (app) => {
    const { t } = app;
    const left = h("p", { class: "pad__left", role: "status", id: "pad-left" });
    const field = h("input", {
      class: "code pad__field",
      id: "pad-field",
      type: "text",
      inputmode: "none",
      autocomplete: "off",
      autocapitalize: "off",
      autocorrect: "off",
      spellcheck: "false",
      "aria-describedby": "pad-left",
    });
    const go = next(t(`${pad.name}.go`), () => pad.take(plain()));
    const plain = () => pad.fold(field.value).slice(0, pad.length);
    /** @param {string} text */
    const put = (text) => {
      const shown = text.match(new RegExp(`.{1,${pad.group}}`, "g"))?.join("-") ?? "";
      field.value = shown;
      left.textContent = text.length < pad.length ? t("pad.left", { count: pad.length - text.length }) : "";
    };
    field.addEventListener("input", () => {
      // Formatting moves the caret to the end; who corrects in the middle is left in peace.
      if (field.selectionStart === field.value.length) put(plain());
      else left.textContent = "";
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") go.click();
    });
    // A scanner that types, or a keyboard: wherever the focus is, a code goes into its field.
    const anywhere = (/** @type {KeyboardEvent} */ event) => {
      if (!field.isConnected) return document.removeEventListener("keydown", anywhere);
      const alone = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
      if (event.target === field || !alone || !pad.fold(event.key)) return;
      field.focus();
      field.setSelectionRange(field.value.length, field.value.length);
    };
    document.addEventListener("keydown", anywhere);
    put("");
    if (problem) left.textContent = t(problem);
    const key = (/** @type {string} */ digit) =>
      h("button", { type: "button", class: "key", onclick: () => put((plain() + digit).slice(0, pad.length)) }, digit);
    return {
      name: pad.name,
      title: t(`${pad.name}.title`),
      kind: "pad",
      content: [
        headingPlace(),
        h("label", { class: "lead", for: "pad-field" }, t(`${pad.name}.lead`)),
        h("div", { class: "pad__line" }, field, button(t("scan.open"), () => app.show(scan(app, pad)))),
        left,
        h(
          "div",
          { class: "keys", role: "group", "aria-label": t("pad.keys") },
          pad.rows.map((row) => h("div", { class: "keys__row" }, [...row].map(key))),
          h(
            "div",
            { class: "keys__row" },
            button(t("pad.delete"), () => put(plain().slice(0, -1)), { class: "btn key--wide" }),
            button(t("pad.clear"), () => put(""), { class: "btn key--wide" }),
          ),
        ),
      ],
      foot: [button(t("back"), () => app.rest()), go],
    };
  };
}
