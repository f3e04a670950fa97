// Checking a test ballot (验票) on a second device: rebuild the encrypted ballot from the picture and
// compare its 票迹码 by eye. Nothing leaves this device, and nothing in the picture can be cast.

import { readCode } from "./tablet/camera.mjs";
import { Board, codeOfHex, Core, decodeDefinition, findSlot, Invalid } from "./tablet/core.mjs";
import { banner, button, h, named } from "./tablet/dom.mjs";
import { choicesOf, unmarkedWord } from "./tablet/marking.mjs";
import { fetchBytes } from "./tablet/network.mjs";
import { Texts } from "./tablet/texts.mjs";

/** What everyone may read of the session, checked. */
async function fetchSession() {
  const bytes = await fetchBytes("/api/definition");
  const definition = decodeDefinition(bytes);
  const board = new Board(definition);
  const lines = new TextDecoder().decode(await fetchBytes("/api/events?after=0"));
  for (const line of lines.split("\n")) if (line) board.append(line);
  const core = new Core();
  await core.pin(bytes);
  return { definition, board, core };
}

/** @typedef {Awaited<ReturnType<typeof fetchSession>>} Session */

/** @param {Texts} texts @param {Session} session @param {HTMLElement} place */
function page(texts, session, place) {
  const { definition } = session;
  const field = h("textarea", { id: "opening", rows: 4, class: "code opening", autocomplete: "off", spellcheck: "false" });
  const answer = h("div", { class: "answer", role: "status" });
  const video = h("video", { class: "camera", playsinline: true, muted: true, hidden: true, "aria-label": texts.t("check.scan") });
  const check = async () => {
    answer.replaceChildren(h("p", {}, texts.t("check.working")));
    try {
      answer.replaceChildren(...(await recompute(texts, session, field.value.trim())));
    } catch (error) {
      if (!(error instanceof Invalid) && !(error instanceof SyntaxError)) throw error;
      const code = error instanceof Invalid ? texts.t("error.code", { code: error.code }) : undefined;
      answer.replaceChildren(banner("warn", texts.t("check.bad"), code));
    }
  };
  const scan = async () => {
    video.hidden = false;
    const text = await readCode(video, new AbortController().signal);
    video.hidden = true;
    if (text === null) return answer.replaceChildren(banner("warn", texts.t("scan.none")));
    field.value = text;
    await check();
  };
  place.replaceChildren(
    h("h1", {}, texts.t("check.title")),
    h("p", {}, named(texts.t("check.session"), codeOfHex(definition.session)), " ", texts.t("code.compare_printed")),
    h("p", { class: "lead" }, texts.t("check.lead")),
    h("div", { class: "actions" }, button(texts.t("check.scan"), () => void scan(), { class: "btn btn--next" })),
    video,
    h("label", { for: "opening" }, texts.t("check.field")),
    field,
    h("div", { class: "actions" }, button(texts.t("check.go"), () => void check())),
    answer,
  );
}

/** @param {Texts} texts @param {Session} session @param {string} opening */
async function recompute(texts, { definition, board, core }, opening) {
  const { slot, marks, tracker } = await core.reopen(board, opening);
  const { vote, number } = findSlot(definition, slot);
  const called = board.rounds.get(slot)?.called;
  const items = called ? called.items : vote.items.map((item) => item.id);
  const word = (/** @type {string} */ mark) =>
    texts.t(choicesOf(vote.style).find((one) => one.letter === mark)?.word ?? unmarkedWord(vote.style));
  return [
    h("p", {}, texts.t("check.result")),
    h("p", { class: "code code--big" }, codeOfHex(tracker)),
    h("p", { lang: "zh-CN" }, texts.t("round", { vote: vote.title, number: texts.nth(number) })),
    h(
      "table",
      { class: "said-list" },
      h("caption", {}, texts.t("check.choices")),
      h(
        "tbody",
        {},
        items.map((id, i) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, i + 1),
            h("td", { lang: "zh-CN" }, vote.items.find((item) => item.id === id)?.title ?? id),
            h("td", {}, h("strong", {}, word(marks[i] ?? ""))),
          ),
        ),
      ),
    ),
    h("p", { class: "lead" }, texts.t("check.compare")),
  ];
}

const asked = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "zh";
const texts = await Texts.load(asked);
document.documentElement.lang = texts.tag;
document.title = texts.t("check.page");
const main = document.querySelector("main");
if (main) page(texts, await fetchSession(), main);
