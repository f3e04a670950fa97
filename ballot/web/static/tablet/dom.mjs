// Elements by functions: no markup in strings anywhere, so no text can become markup (attack C1).

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Props */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. `onclick: fn` listens, `true` sets an empty attribute, null and false set nothing.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Props} [props]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  set(element, props);
  element.append(...nodes(children));
  return element;
}

/**
 * An SVG element.
 * @param {string} tag
 * @param {Props} [props]
 * @param {...(Child | Child[])} children
 * @returns {SVGElement}
 */
export function svg(tag, props = {}, ...children) {
  const element = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  set(element, props);
  element.append(...nodes(children));
  return element;
}

/** @param {Element} element @param {Props} props */
function set(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, String(value));
    }
  }
}

/** @param {(Child | Child[])[]} children @returns {(Node | string)[]} */
function nodes(children) {
  /** @type {(Node | string)[]} */
  const found = [];
  for (const child of children.flat()) {
    if (child instanceof Node) found.push(child);
    else if (child !== null && child !== undefined && child !== false) found.push(String(child));
  }
  return found;
}

/** Strokes of the icons on a field of 24 × 24 (visual.md §5). */
const PATHS = {
  yes: ["M4 13l5 6L20 5"],
  no: ["M5 5l14 14M19 5L5 19"],
  abstain: ["M4 12h16"],
  more: ["M5 9l7 7 7-7"],
  next: ["M9 5l7 7-7 7"],
  large: ["M2 20L9 4l7 16M4.5 15h9M16 20l3.5-8 3.5 8M17 17.5h5"],
  contrast: ["M12 3a9 9 0 100 18 9 9 0 000-18z", "M12 3v18a9 9 0 000-18z"],
  voice: ["M3 9v6h4l6 5V4L7 9zM17 9a4 4 0 010 6M19.5 6a8 8 0 010 12"],
  language: ["M12 3a9 9 0 100 18 9 9 0 000-18z", "M3 12h18M12 3c-6 6-6 12 0 18M12 3c6 6 6 12 0 18"],
  help: ["M8 8.5a4 4 0 118 0c0 3-4 3-4 6M12 19v.4"],
  wait: ["M12 3a9 9 0 100 18 9 9 0 000-18z", "M12 7v5l4 3"],
  warn: ["M12 3L22 20H2zM12 10v4M12 17v.4"],
  stop: ["M8 2h8l6 6v8l-6 6H8l-6-6V8zM12 7v6M12 16.5v.5"],
};

/** @typedef {keyof typeof PATHS} Icon */

/** A picture beside a word; never instead of one. @param {Icon} name @returns {SVGElement} */
export function icon(name) {
  return svg(
    "svg",
    { class: `ico ico--${name}`, viewBox: "0 0 24 24", "aria-hidden": "true" },
    PATHS[name].map((d) => svg("path", { d })),
  );
}

/**
 * A button with its text and, before or after it, an icon.
 * @param {string} text @param {() => void} act @param {Props} [props] @param {Icon} [after]
 */
export function button(text, act, props = {}, after) {
  return h(
    "button",
    { type: "button", class: "btn", onclick: act, ...props },
    h("span", {}, text),
    after && icon(after),
  );
}

/**
 * A banner: a sentence with its sign; `code` is for staff.
 * @param {"wait" | "warn" | "stop"} kind @param {Child | Child[]} text @param {string} [code]
 */
export function banner(kind, text, code) {
  return h(
    "div",
    { class: `banner banner--${kind}`, role: kind === "stop" ? "alert" : "status" },
    icon(kind),
    h("p", {}, ...[text].flat()),
    code && h("p", { class: "banner__code" }, code),
  );
}

const WORDS = "Segmenter" in Intl ? new Intl.Segmenter("zh", { granularity: "word" }) : null;

/** A Chinese name that breaks between words only (visual.md §3). @param {string} name @returns {Child[]} */
export function unbroken(name) {
  if (!WORDS) return [name];
  let after = false; // beside a bracket or a comma the browser's own rules are right
  return Array.from(WORDS.segment(name)).flatMap(({ segment, isWordLike = false }) => {
    const between = after && isWordLike;
    after = isWordLike;
    return between ? [h("wbr"), segment] : [segment];
  });
}

/** A code with its name before it (visual.md §5). @param {string} name @param {string} code */
export function named(name, code) {
  return h("span", { class: "named" }, h("small", {}, name), " ", h("span", { class: "code" }, code));
}
