/** The exported copy as it comes back: a file, a scanned sheet, or its text. */

import { h } from "../tablet/dom.mjs";
import { readCodes } from "../tablet/camera.mjs";
import { Invalid } from "../client/errors.mjs";
import { second, t } from "./trustee_parts.mjs";

const LIMIT = 64 * 1024; // bytes of a copy: two key files

/** The fields, and what they hold: `drill.incomplete` for nothing. */
export function copyField() {
  const file = h("input", { id: "copy-file", type: "file", accept: ".txt,text/plain" });
  const typed = h("textarea", { id: "copy-text", rows: 3, spellcheck: false, autocomplete: "off" });
  const place = h("div", { "aria-live": "polite" });
  const node = h(
    "div",
    { class: "stack stack--close" },
    h("label", { for: "copy-file" }, t("copy.file")),
    file,
    h(
      "details",
      {},
      h("summary", {}, t("copy.sheet")),
      h("p", {}, t("copy.scan_lead")),
      second(t("copy.scan"), () => void scan(typed, place)),
      place,
      h("label", { for: "copy-text" }, t("copy.text")),
      typed,
    ),
  );
  const text = async () => {
    const chosen = file.files?.[0];
    if (chosen && chosen.size > LIMIT) throw new Invalid("file.too_big");
    const found = chosen ? await chosen.text() : typed.value;
    if (!found.trim()) throw new Invalid("drill.incomplete");
    return found;
  };
  return { node, text };
}

/** One picture after the other, a line each; the camera is on until both are there. @param {HTMLTextAreaElement} typed @param {HTMLElement} place */
async function scan(typed, place) {
  const stop = new AbortController();
  const video = h("video", {
    class: "camera",
    playsinline: true,
    muted: true,
    "aria-label": t("copy.scan"),
  });
  const said = h("p", {}, "");
  place.replaceChildren(video, said, second(t("copy.stop"), () => stop.abort()));
  /** @type {Set<string>} */
  const found = new Set();
  const wait = () => (said.textContent = t("copy.scanning", { number: found.size + 1 }));
  wait();
  for await (const code of readCodes(video, stop.signal)) {
    found.add(code.trim());
    typed.value = [...found].join("\n");
    if (found.size === 2) break;
    wait();
  }
  place.replaceChildren(h("p", {}, t(found.size === 2 ? "copy.scanned" : "copy.no_scan")));
}
