// Whether this browser can be used, asked before check-in (people.md §9). What it lacks is named
// by a code for staff; the deputy takes another tablet.

import { Store } from "./storage.mjs";

const ENOUGH = 5_000; // ms for one trial encryption

/** @param {import("./core.mjs").Core} core @returns {Promise<string | null>} the code of what is missing */
export async function missing(core) {
  if (!isSecureContext) return "tablet.not_secure";
  if (typeof BigInt !== "function" || typeof Worker !== "function") return "tablet.too_old";
  if (typeof crypto?.getRandomValues !== "function") return "tablet.no_random";
  if (!Store.usable()) return "tablet.storage";
  try {
    // The first run also starts the worker; a tablet is slow if it stays so.
    const slow = (await core.trial()) > ENOUGH && (await core.trial()) > ENOUGH;
    return slow ? "tablet.too_slow" : null;
  } catch {
    return "tablet.too_old";
  }
}
