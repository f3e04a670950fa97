/**
 * The hall screen follows: each frame of `/api/hall` is written into the page as it stands.
 *
 * The page says what goes where: `data-field` a value, `data-steps` and `data-needs` when an element
 * stands there, `data-part` and `data-whole` a bar, `data-place` a step of the session. Nothing moves
 * but by a frame; when none comes, the last numbers stay and the page says since when.
 *
 * @typedef {{ [name: string]: unknown }} Frame
 */

/** Frames come every 10 s; two missing ones are no accident. Milliseconds. */
const SILENCE = 25_000;
const RETRY = 3_000;
const BEAT = 1_000;
/** All of China keeps one time, UTC+8. */
const CHINA = 8 * 3_600_000;

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
let heard = Date.now();
/** @type {string | null} */
let boxSince = null;

/**
 * The value at a path like `issued.paper`; undefined where a part is missing.
 * @param {Frame} frame
 * @param {string} path
 * @returns {unknown}
 */
function value(frame, path) {
  /** @type {unknown} */
  let found = frame;
  for (const name of path.split(".")) {
    found = typeof found === "object" && found !== null ? /** @type {Frame} */ (found)[name] : undefined;
  }
  return found;
}

/**
 * All elements with a `data-` attribute, and what it says.
 * @param {string} name
 * @returns {[HTMLElement | SVGElement, string][]}
 */
function marked(name) {
  const found = /** @type {NodeListOf<HTMLElement | SVGElement>} */ (main.querySelectorAll(`[data-${name}]`));
  return [...found].map((element) => [element, element.dataset[name] ?? ""]);
}

/**
 * Whether all these values are there, or, after a `!`, are not; 0 and false are not.
 * @param {Frame} frame
 * @param {string} needs
 */
function met(frame, needs) {
  const asked = needs.split(" ").filter(Boolean);
  return asked.every((need) => Boolean(value(frame, need.replace("!", ""))) !== need.startsWith("!"));
}

/**
 * Sets an attribute that has another value, or with null takes it away; what stays is not touched.
 * @param {Element} element
 * @param {string} name
 * @param {string | null} text
 */
function set(element, name, text) {
  if (element.getAttribute(name) === text) return;
  if (text === null) element.removeAttribute(name);
  else element.setAttribute(name, text);
}

/** @param {Frame} frame */
function show(frame) {
  const step = String(frame["step"]);
  set(main, "data-step", step);
  for (const [element, path] of marked("field")) {
    const text = String(value(frame, path) ?? "—");
    if (element.textContent !== text) element.textContent = text;
  }
  for (const element of main.querySelectorAll("[data-steps], [data-needs]")) {
    const { steps, needs } = /** @type {HTMLElement} */ (element).dataset;
    const there = (!steps || steps.split(" ").includes(step)) && met(frame, needs ?? "");
    set(element, "hidden", there ? null : "");
  }
  for (const [bar, path] of marked("part")) {
    const whole = Number(value(frame, bar.dataset["whole"] ?? "") ?? 0);
    const part = Math.min(Number(value(frame, path) ?? 0), whole);
    set(bar, "width", whole > 0 ? `${((100 * part) / whole).toFixed(2)}%` : "0.00%");
  }
  const places = marked("place");
  const now = places.findIndex(([, place]) => place === step);
  for (const [i, [element]] of places.entries()) {
    set(element, "class", i < now ? "done" : i === now ? "now" : "later");
    set(element, "aria-current", i === now ? "step" : null);
  }
  boxSince = typeof frame["stale_since"] === "string" ? frame["stale_since"] : null;
}

/**
 * A result is a page of its own, and comes as one; first it must be known that it would come, so
 * that a lost network leaves the screen as it is.
 * @param {Frame} frame
 */
async function announce(frame) {
  const headline = String(value(frame, "result.headline") ?? "");
  if (headline === (main.dataset["headline"] ?? "")) return;
  try {
    const answer = await fetch(location.href, { cache: "no-store", credentials: "omit" });
    if (answer.ok) location.reload();
  } catch {
    // The next frame tries again.
  }
}

/** Says since when nothing has changed: the stream has ended, or the box does not answer it. */
function tellSilence() {
  const line = /** @type {HTMLElement} */ (main.querySelector("[data-stale]"));
  const silent = Date.now() - heard > SILENCE;
  const since = silent ? heard : boxSince === null ? null : Date.parse(boxSince);
  line.hidden = since === null;
  if (since === null) return;
  const hall = new Date(since + CHINA);
  const time = /** @type {HTMLElement} */ (line.querySelector("[data-time]"));
  time.textContent = (line.dataset["stale"] ?? "")
    .replace("{hour}", String(hall.getUTCHours()))
    .replace("{minute}", String(hall.getUTCMinutes()).padStart(2, "0"));
}

function follow() {
  const stream = new EventSource(main.dataset["stream"] ?? "");
  stream.addEventListener("hall", (event) => {
    /** @type {Frame} */
    const frame = JSON.parse(event.data);
    heard = Date.now();
    show(frame);
    tellSilence();
    void announce(frame);
  });
  stream.addEventListener("error", () => {
    // The browser tries again by itself, unless the service refused once.
    if (stream.readyState === EventSource.CLOSED) setTimeout(follow, RETRY);
  });
}

follow();
setInterval(tellSilence, BEAT);
