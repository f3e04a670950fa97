// The two services: the registrar (this page's own origin) and the box (another one).
//
// What goes to the box carries no cookie, no referrer, no bearer and only the header of its media
// type (attack E14); the body is the envelope and spaces up to the slot's length.

/** A refusal that the service explained with a code of the protocol. */
export class Refused extends Error {
  /** @param {string} code @param {number} status */
  constructor(code, status) {
    super(code);
    this.code = code;
    this.status = status;
  }
}

/** No answer, or one that says nothing about the request: the same request may be sent again. */
export class NoAnswer extends Error {}

const TIMEOUT = 20_000;
const MEDIA_TYPE = "application/vnd.ballot.envelope";
// Statuses under which a service answers in a word of the protocol. A 5xx is a service in trouble.
const SAID = new Set([400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429]);

/**
 * One request of JSON to the registrar; the parsed answer, or null for 204.
 * @param {"GET" | "POST"} method @param {string} path @param {unknown} [body] @param {string} [bearer]
 * @returns {Promise<any>}
 */
export async function ask(method, path, body, bearer) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (bearer !== undefined) headers["authorization"] = `Bearer ${bearer}`;
  const answer = await send(path, {
    method,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
  });
  if (answer.status === 204) return null;
  return JSON.parse(new TextDecoder().decode(answer.bytes));
}

/** The bytes behind a path of the registrar. @param {string} path @returns {Promise<Uint8Array>} */
export async function fetchBytes(path) {
  return (await send(path, { method: "GET" })).bytes;
}

/** Send the padded envelope; the bytes of the receipt. @param {string} box @param {Uint8Array} body */
export async function castAt(box, body) {
  const answer = await send(`${box}/cast`, {
    method: "POST",
    mode: "cors",
    headers: { "content-type": MEDIA_TYPE },
    body: /** @type {Uint8Array<ArrayBuffer>} */ (body),
  });
  return answer.bytes;
}

/**
 * @param {string} url @param {RequestInit} options
 * @returns {Promise<{status: number, bytes: Uint8Array}>}
 */
async function send(url, options) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT);
  try {
    const answer = await fetch(url, {
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      redirect: "error",
      signal: abort.signal,
      ...options,
    });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (answer.ok) return { status: answer.status, bytes };
    throw refusal(answer.status, bytes);
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new NoAnswer(String(error));
  } finally {
    clearTimeout(timer);
  }
}

/** @param {number} status @param {Uint8Array} bytes @returns {Error} */
function refusal(status, bytes) {
  try {
    const { code } = JSON.parse(new TextDecoder().decode(bytes));
    const known = typeof code === "string" && /^[a-z_]+(\.[a-z_]+)+$/.test(code);
    if (known && (SAID.has(status) || code === "issue.signer_away")) return new Refused(code, status);
  } catch {
    // Not one of our problem details: some other program answered.
  }
  return new NoAnswer(`status ${status}`);
}

/**
 * Send until there is an answer. `waiting` is told of each try that had none.
 * @template T
 * @param {() => Promise<T>} attempt @param {(error: unknown) => void} waiting
 * @param {{signal: AbortSignal, again?: (error: unknown) => boolean}} options
 * @returns {Promise<T>}
 */
export async function insist(attempt, waiting, { signal, again = (e) => e instanceof NoAnswer }) {
  for (let delay = 500; ; delay = Math.min(2 * delay, 5_000)) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!again(error)) throw error;
      waiting(error);
    }
    await pause(delay, signal);
  }
}

/** Wait, but not longer than until the network comes back. @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
