/**
 * Pages that follow the session. At each frame of the hall's stream the numbers (`data-field`) are
 * written as they stand there, and parts of the page (`data-live`) that the service would now show
 * otherwise are exchanged, the focus kept. Nothing else moves.
 */

const RETRY = 3_000;
const root = /** @type {HTMLElement} */ (document.querySelector("[data-stream]"));
let asking = false;

/** @param {any} frame */
function write(frame) {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-field]"))) {
    const path = (element.dataset["field"] ?? "").split(".");
    const text = String(path.reduce((found, name) => found?.[name], frame) ?? "—");
    if (element.textContent !== text) element.textContent = text;
  }
}

/** This page as the service shows it now; a request for a document runs nothing in it. @returns {Promise<Document | null>} */
function fetchPage() {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.onload = () => resolve(request.status === 200 ? request.responseXML : null);
    request.onerror = () => resolve(null);
    request.send();
  });
}

/** @param {Document} fresh */
function exchange(fresh) {
  for (const old of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-live]"))) {
    const found = fresh.querySelector(`[data-live="${old.dataset["live"]}"]`);
    if (!found) continue;
    keepOpen(old, found);
    if (found.isEqualNode(old)) continue;
    const held = old.contains(document.activeElement) ? document.activeElement : null;
    const key = held?.getAttribute("data-key");
    const taken = /** @type {HTMLElement} */ (document.adoptNode(found));
    old.replaceWith(taken);
    if (held) focusIn(taken, key ?? null);
  }
}

/** What somebody unfolded stays so. @param {Element} old @param {Element} fresh */
function keepOpen(old, fresh) {
  for (const unfolded of old.querySelectorAll("details[open][data-key]")) {
    const key = unfolded.getAttribute("data-key");
    fresh.querySelector(`details[data-key="${key}"]`)?.setAttribute("open", "");
  }
}

/** @param {HTMLElement} taken @param {string | null} key */
function focusIn(taken, key) {
  const same = key && taken.querySelector(`[data-key="${key}"]`);
  if (same instanceof HTMLElement) return same.focus();
  taken.tabIndex = -1;
  taken.focus();
}

async function refresh() {
  if (asking) return;
  asking = true;
  const fresh = await fetchPage();
  if (fresh) exchange(fresh);
  asking = false;
}

function follow() {
  const stream = new EventSource(root.dataset["stream"] ?? "");
  stream.addEventListener("hall", (event) => {
    write(JSON.parse(event.data));
    void refresh();
  });
  stream.addEventListener("error", () => {
    // The browser tries again by itself, unless the service refused once.
    if (stream.readyState === EventSource.CLOSED) setTimeout(follow, RETRY);
  });
}

follow();
