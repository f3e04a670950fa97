/**
 * What an official's browser keeps (IndexedDB `ballot-office`): texts by name. Key files stay
 * encrypted under their passphrase; nothing secret is kept in the clear. Names: `official`,
 * `seed:SESSION`, `share:SESSION`, `journal:SESSION`, `ceremony:SESSION`, `box:SESSION:SLOT`.
 *
 * Two officials may share a device: every name belongs to the account that is signed in.
 */

import { api } from "./api.mjs";

const [DATABASE, TEXTS] = ["ballot-office", "texts"];

/** The names that are kept for this account, sorted. @returns {Promise<string[]>} */
export async function listKeys() {
  const prefix = await own("");
  const names = await done("readonly", (texts) => texts.getAllKeys());
  return names
    .map(String)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}

/** @param {string} name @param {string} text */
export async function putKey(name, text) {
  const at = await own(name);
  await done("readwrite", (texts) => texts.put(text, at));
  // Asked once there is something to lose; a browser that says no keeps it as long as it likes.
  await navigator.storage?.persist?.().catch(() => false);
}

/** @param {string} name @returns {Promise<string | null>} */
export async function getKey(name) {
  const at = await own(name);
  return (await done("readonly", (texts) => texts.get(at))) ?? null;
}

/** @param {string} name */
export async function removeKey(name) {
  const at = await own(name);
  await done("readwrite", (texts) => texts.delete(at));
}

/** @param {string} name */
async function own(name) {
  return `${(await api.me()).id}/${name}`;
}

/** One request in a transaction of its own, durable when it resolves.
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(texts: IDBObjectStore) => IDBRequest<T>} ask
 * @returns {Promise<T>} rejects with the browser's own error, as of a full disk
 */
async function done(mode, ask) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(TEXTS, mode, { durability: "strict" });
      const request = ask(transaction.objectStore(TEXTS));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TEXTS);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
