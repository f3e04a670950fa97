// QR codes as SVG: drawn from elements, so that no picture address and no markup is needed.

import { encodeQR } from "../vendor/qr.mjs";
import { svg } from "./dom.mjs";

const QUIET = 4; // modules of white around it (ISO/IEC 18004)

/**
 * The text as a picture. @param {string} text @param {string} label what it is, for readers of screens
 * @returns {SVGElement}
 */
export function qrPicture(text, label) {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: QUIET });
  const runs = rows.flatMap((row, y) => {
    /** @type {string[]} */
    const found = [];
    for (let x = 0; x < row.length; x++) {
      if (!row[x]) continue;
      const from = x;
      while (row[x + 1]) x++;
      found.push(`M${from} ${y}h${x + 1 - from}v1H${from}z`);
    }
    return found;
  });
  const size = rows.length;
  return svg(
    "svg",
    {
      class: "qr",
      viewBox: `0 0 ${size} ${size}`,
      role: "img",
      "aria-label": label,
      "shape-rendering": "crispEdges",
    },
    svg("path", { class: "qr__ground", d: `M0 0h${size}v${size}H0z` }),
    svg("path", { class: "qr__dark", d: runs.join("") }),
  );
}
