// The frame around every screen: who and what at the top, the same tools in the same place with
// help last, one main area, the ballot code at the bottom left (visual.md §7; WCAG 3.2.6).

import { button, h, icon, named } from "./dom.mjs";

/**
 * @typedef {import("./app.mjs").App} App
 * @typedef {import("./dom.mjs").Child} Child
 *
 * What a screen shows. `step`: 1 to 3 where the deputy is on the way to 投出; then the heading is
 * the step's word. `foot`: what stands right of the code.
 * @typedef {object} Sheet
 * @property {string} name
 * @property {string} title
 * @property {Child[]} content
 * @property {string} [kind] class of the content area
 * @property {1 | 2 | 3} [step]
 * @property {Child} [aside] right of the steps
 * @property {Child[]} [foot]
 * @property {string} [say] read aloud when the screen appears; default the title
 *
 * @typedef {(app: App, signal: AbortSignal) => Sheet} Screen
 */

/** Replace what is on the screen. @param {App} app @param {Sheet} sheet */
export function present(app, sheet) {
  const { texts } = app;
  document.documentElement.lang = texts.tag;
  document.title = `${sheet.title} · ${texts.t("page")}`;
  const heading = h("h1", { tabindex: "-1" }, sheet.title);
  if (sheet.step === undefined) place(sheet, heading);
  const main = h(
    "main",
    { class: "screen" },
    sheet.step !== undefined && steps(app, sheet.step, heading, sheet.aside),
    h("div", { class: `content ${sheet.kind ?? "stage"}` }, sheet.content),
  );
  const tablet = h(
    "div",
    { class: "tablet", "data-screen": sheet.name },
    header(app),
    main,
    footer(app, sheet.foot ?? []),
  );
  document.body.replaceChildren(tablet);
  scrollTo(0, 0);
  heading.focus({ preventScroll: true });
}

/** The heading stands where the screen leaves a place for it. @param {Sheet} sheet @param {HTMLElement} heading */
function place({ content }, heading) {
  const whole = new DocumentFragment();
  whole.append(...content.filter((child) => child instanceof Node));
  whole.querySelector(".heading")?.append(heading);
}

/** @param {App} app */
function header(app) {
  const { t, looks } = app;
  const { ballot } = app.voting;
  const round = ballot && t("round", { vote: ballot.vote.title, number: app.texts.nth(ballot.number) });
  const name = app.definition?.assembly ?? t("page");
  return h(
    "header",
    { class: "idbar" },
    h(
      "div",
      { class: "idbar__name", lang: app.definition ? "zh-CN" : null },
      app.definition?.practice && h("strong", { class: "practice", lang: app.texts.tag }, t("practice")),
      h("p", {}, name),
      round && h("p", { class: "idbar__round" }, round),
    ),
    h(
      "nav",
      { class: "tools", "aria-label": t("tools") },
      tool(t("tool.large"), "large", () => looks.toggle("size", "large"), looks.wishes.size === "large"),
      tool(t("tool.contrast"), "contrast", () => looks.toggle("theme", "contrast"), looks.wishes.theme === "contrast"),
      tool(t("tool.voice"), "voice", () => app.openVoice(), app.speech.on),
      tool(t("tool.language"), "language", () => looks.changeLanguage(), undefined, app.texts.lang === "zh" ? "en" : "zh-CN"),
      tool(t("tool.help"), "help", () => app.openHelp()),
    ),
  );
}

/**
 * @param {string} text @param {import("./dom.mjs").Icon} sign @param {() => void} act
 * @param {boolean} [pressed] @param {string} [lang]
 */
function tool(text, sign, act, pressed, lang) {
  return h(
    "button",
    {
      type: "button",
      class: `tool tool--${sign}`,
      "data-tool": sign,
      "aria-pressed": pressed === undefined ? null : String(pressed),
      lang: lang ?? null,
      onclick: act,
    },
    icon(sign),
    h("span", {}, text),
  );
}

/** @param {App} app @param {1 | 2 | 3} now @param {HTMLElement} heading @param {Child} aside */
function steps(app, now, heading, aside) {
  const words = ["step.mark", "step.check", "step.cast"].map((key) => app.t(key));
  return h(
    "div",
    { class: "stephead" },
    h(
      "ol",
      { class: "steps", "aria-label": app.t("steps") },
      words.map((word, i) =>
        h(
          "li",
          { class: i + 1 < now ? "is-done" : null, "aria-current": i + 1 === now ? "step" : null },
          h("b", {}, i + 1 < now ? icon("yes") : i + 1),
          i + 1 === now ? heading : h("span", {}, word),
        ),
      ),
    ),
    aside,
  );
}

/** @param {App} app @param {Child[]} right */
function footer(app, right) {
  const { t } = app;
  const code = app.voting.ballot?.code ?? app.expected;
  return h(
    "footer",
    { class: "foot" },
    code &&
      h(
        "p",
        { class: "facecode" },
        named(t("code.ballot"), code),
        " ",
        h("small", {}, t("code.compare")),
      ),
    ...right,
  );
}

/** A big round sign above the title. @param {"yes" | "wait" | "warn" | "stop"} sign @param {string} kind */
export function bigSign(sign, kind) {
  return h("div", { class: `bigsign bigsign--${kind}` }, icon(sign));
}

/** The place of the heading in a screen that has something above it. */
export function headingPlace() {
  return h("div", { class: "heading" });
}

/** The main button of a screen. @param {string} text @param {() => void} act @param {boolean} [arrow] */
export function next(text, act, arrow = false) {
  return button(text, act, { class: "btn btn--next" }, arrow ? "next" : undefined);
}

/** A short remark at the foot. @param {string} text */
export function remark(text) {
  return h("p", { class: "foot__sum" }, text);
}
