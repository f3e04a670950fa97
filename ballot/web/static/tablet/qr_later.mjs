// The QR encoder is loaded when a ballot opens, not before: until then nothing shows a code.

import { h } from "./dom.mjs";

/** Load the encoder, so that it is here when the network is not. */
export const warmQr = () => void load().catch(() => undefined);

const load = () => import("./qr.mjs");

/**
 * The text as a picture, as soon as it can be drawn; without it the letters beside it must do.
 * @param {string} text @param {string} label
 * @returns {HTMLElement}
 */
export function qrLater(text, label) {
  const place = h("div", { class: "qr-place" });
  load().then(
    ({ qrPicture }) => place.replaceChildren(qrPicture(text, label)),
    () => undefined,
  );
  return place;
}
