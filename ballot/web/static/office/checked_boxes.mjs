/**
 * What this device remembers of boxes that it verified itself, ballot by ballot, so that a certificate
 * need not wait for that twice (docs/service.md). Written only from what the verifier of this device
 * found; never from an answer of a service. The note names session, slot, election document, every
 * envelope (the root) and the client's files: where one of them is another, everything is verified anew.
 *
 * @typedef {import("../client/verify/box.mjs").Verified} Verified
 * @typedef {Verified & { minute: string }} Note `minute`: UTC, by this device's clock
 */

import { api } from "./api.mjs";
import { getKey, putKey } from "./keys.mjs";

/** Keep what this device has just found. @param {string} session @param {string} slot @param {Verified} box */
export async function remember(session, slot, { fingerprint, root, sums }) {
  try {
    const note = { client: await client(), fingerprint, minute: new Date().toISOString(), root, sums };
    await putKey(at(session, slot), JSON.stringify(note));
  } catch {
    // A full disk, or a service that is away: the ballots are verified once more, and nothing else.
  }
}

/** What the same client found here before, or null. @param {string} session @param {string} slot @returns {Promise<Note | null>} */
export async function recall(session, slot) {
  const text = await getKey(at(session, slot));
  const note = text === null ? null : JSON.parse(text);
  return note?.client === (await client()) ? note : null;
}

/** @param {string} session @param {string} slot */
function at(session, slot) {
  return `box:${session}:${slot}`;
}

/** The digest of the client's files as they are served now. @returns {Promise<string>} */
async function client() {
  return (await api.get("/api/service")).client;
}
