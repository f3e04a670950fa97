/**
 * What the device of another trustee made off line, handed in here: who it is of is said by its
 * signature, so that anyone of the trustees can do it.
 */

import { utf8 } from "../client/bytes.mjs";
import { loads } from "../client/encoding.mjs";
import { h } from "../tablet/dom.mjs";
import { api } from "./api.mjs";
import { part } from "./page.mjs";
import { form, t } from "./trustee_parts.mjs";

const OF_CEREMONY = /^[0-5]-[a-z]+-[0-9]+\.json$/;

/** The boxes that this page fetched, to be carried to a device off line. @param {import("./trustee_device.mjs").Device} device */
export function offerBoxes({ boxes }) {
  const place = part("boxes", HTMLElement);
  if (place.childElementCount === boxes.size) return;
  const links = [...boxes].map(([slot, text]) => {
    const href = URL.createObjectURL(new Blob([text]));
    const name = `box-${slot}.jsonl`;
    return h("p", {}, h("a", { class: "btn", href, download: name }, t("offline_box", { name })));
  });
  place.replaceChildren(...links);
}

/** @param {import("./trustee_screens.mjs").Page} page */
export function handIn(page) {
  const files = h("input", { id: "hand-in", type: "file", multiple: true, accept: ".json" });
  const said = h("p", { role: "status" });
  const act = async () => {
    const chosen = [...(files.files ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
    said.textContent = "";
    files.disabled = true;
    try {
      await page.act(async () => {
        for (const file of chosen) await hand(page.device, file.name, await file.text());
      });
      files.value = "";
      said.textContent = t("handed", { number: chosen.length });
    } finally {
      files.disabled = false;
    }
  };
  const label = h("label", { for: "hand-in" }, t("hand_in"));
  return h("div", {}, form(t("hand_in.go"), [label, files], act), said);
}

/** @param {import("./trustee_device.mjs").Device} device @param {string} name @param {string} text */
async function hand(device, name, text) {
  if (OF_CEREMONY.test(name)) await device.hand(name, text);
  else await api.post("/api/events", loads(utf8(text)));
}
