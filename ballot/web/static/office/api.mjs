/**
 * The officials' API (docs/service.md) as their pages use it: canonical JSON with the session's
 * token, and every refusal as one kind of error.
 */

import { dumps } from "../client/encoding.mjs";

/** What the service refused, or did not answer (`office.offline`, status 0). */
export class Refused extends Error {
  /** @param {string} code @param {number} status @param {string} title in the page's language */
  constructor(code, status, title) {
    super(code);
    this.code = code;
    this.status = status;
    this.title = title;
  }
}

/**
 * Who is signed in. `confirmed`: the password was typed in the last five minutes.
 * @typedef {{ confirmed: boolean, id: string, name: string, public_key: string | null,
 *   roles: string[], token: string }} Me
 */

/** @type {Promise<Me> | null} */
let known = null;

export const api = {
  /** Who is signed in; asked once. @returns {Promise<Me>} */
  me() {
    known ??= api.get("/api/me");
    known.catch(() => (known = null));
    return known;
  },

  /** The parsed answer; null for 204. @param {string} path @returns {Promise<any>} */
  async get(path) {
    return parsed(await send(path, {}));
  },

  /** The bytes of a document. @param {string} path */
  async bytes(path) {
    return new Uint8Array(await (await send(path, {})).arrayBuffer());
  },

  /** The lines of a list of documents, without their line ends. @param {string} path */
  async lines(path) {
    return (await (await send(path, {})).text()).split("\n").filter(Boolean);
  },

  /** @param {string} path @param {any} value @returns {Promise<any>} */
  async post(path, value) {
    const { token } = await api.me();
    const headers = { "content-type": "application/json", "x-csrf-token": token };
    const body = /** @type {Uint8Array<ArrayBuffer>} */ (dumps(value));
    return parsed(await send(path, { method: "POST", headers, body }));
  },
};

/** Where a password typed once more leads back to. @param {string} next a path of ours */
export function confirmAddress(next) {
  return `/office/confirm?next=${encodeURIComponent(next)}`;
}

/** Have the password typed again, and come back here: for `office.confirm`. */
export function confirmFresh() {
  location.assign(confirmAddress(location.pathname + location.search));
}

/** @param {string} path @param {RequestInit} options */
async function send(path, options) {
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store", redirect: "error", ...options });
  } catch {
    throw new Refused("office.offline", 0, "");
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

/** @param {Response} answer */
async function refusal(answer) {
  const problem = await answer.json().catch(() => ({}));
  const title = document.documentElement.lang.startsWith("zh") ? problem.title : problem.title_en;
  return new Refused(problem.code ?? "service.failed", answer.status, title ?? "");
}

/** @param {Response} answer */
async function parsed(answer) {
  return answer.status === 204 ? null : answer.json();
}
