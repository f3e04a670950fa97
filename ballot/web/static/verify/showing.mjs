/**
 * A report for people, in the words of the command line (ballot/cli/report_view.py): what to compare,
 * each check with its evidence, every finding as a sentence with its place.
 *
 * @typedef {import("../client/verify/report.mjs").Report} Report
 * @typedef {import("../client/verify/report.mjs").Check} Check
 */

import { known, made, part, text } from "./page.mjs";

const SHOWN = 5;
const CODES = ["fingerprint_code", "root_code", "certificate_code"];
const SLOT = /^([a-z0-9-]{1,32}): (?=.)/;
const PLACE =
  /^(ballot|event|trustee group|trustee|line|entry|question) ([0-9]{1,9})(?: \([^()]*\))?(?:, answer ([0-9]{1,9}))?(?:: |$)/;

/** @param {Report} report */
export function show({ verdict, practice, facts, checks }) {
  const head = part("verdict", HTMLElement);
  head.textContent = text(`page.verdict.${verdict}`);
  head.className = `verdict verdict--${verdict}`;
  part("verdict-text", HTMLElement).textContent = text(`verdict.${verdict}`);
  part("practice", HTMLElement).hidden = !practice;
  part("facts", HTMLElement).replaceChildren(...comparable(facts));
  part("checks", HTMLElement).replaceChildren(...checks.map(line));
  const report = part("report", HTMLElement);
  report.hidden = false;
  report.focus();
}

/** What a reader compares with notice and hall screen. @param {{ [name: string]: any }} facts @returns {HTMLElement[]} */
function comparable(facts) {
  const rows = [fact(text("page.record"), facts.record, "digest")];
  if (!facts.session_code) return rows;
  rows.unshift(
    fact(text("fact.session_code"), facts.session_code, "code"),
    fact(text("page.session"), `${facts.assembly} · ${facts.title} · ${facts.date}`, "zh"),
  );
  for (const one of facts.rounds ?? []) {
    const kind = text(`round.${one.kind}`);
    rows.push(fact(text("round", { vote: one.vote, kind, slot: one.slot }), "", "", "round"));
    for (const name of CODES) if (one[name]) rows.push(fact(text(`fact.${name}`), one[name], "code"));
    if (one.ballots !== undefined) rows.push(fact(text("fact.ballots"), one.ballots));
    if (one.replaced?.length) rows.push(fact(text("fact.replaced"), one.replaced.length));
    const elected = Array.isArray(one.elected) ? one.elected : [];
    const titles = elected.map((/** @type {any} */ id) => one.items?.[id] ?? String(id));
    if (titles.length) rows.push(fact(text("fact.elected"), titles.join(text("page.join")), "zh"));
  }
  return rows;
}

/** @param {string} label @param {unknown} value @param {string} [look] @param {string} [template] */
function fact(label, value, look = "", template = "fact") {
  const row = made(template);
  const shown = part("value", HTMLElement, row);
  part("label", HTMLElement, row).textContent = label;
  shown.textContent = String(value);
  if (look === "zh") shown.lang = "zh-CN";
  else if (look) shown.className = look;
  return row;
}

/** @param {Check} check */
function line({ id, status, code, detail, evidence }) {
  const row = made("check");
  row.classList.add(`check--${status}`);
  part("id", HTMLElement, row).textContent = id;
  part("mark", HTMLElement, row).textContent = text(`status.${status}`);
  part("title", HTMLElement, row).textContent = text(id);
  if (status === "pass") {
    const shown = part("evidence", HTMLElement, row);
    shown.textContent = Object.entries(evidence)
      .filter(([name]) => known(`evidence.${name}`))
      .map(([name, value]) => text(`evidence.${name}`, { value: Array.isArray(value) ? value.join(" ") : value }))
      .join(text("page.join"));
    shown.hidden = !shown.textContent;
    return row;
  }
  /** @type {{ code: string, detail: string }[]} */
  const findings = evidence.findings ?? [{ code, detail }];
  const why = part("why", HTMLElement, row);
  why.append(...findings.slice(0, SHOWN).map(finding));
  const more = (evidence.failures ?? 0) - SHOWN;
  if (more > 0) {
    const rest = made("finding");
    part("sentence", HTMLElement, rest).textContent = text("more", { number: more });
    why.append(rest);
  }
  why.hidden = false;
  return row;
}

/** @param {{ code: string, detail: string }} found */
function finding({ code, detail }) {
  const row = made("finding");
  const place = placeOf(detail).join(text("page.join"));
  const sentence = sentenceOf(code);
  part("sentence", HTMLElement, row).textContent = place ? text("at", { place, sentence }) : sentence;
  part("code", HTMLElement, row).textContent = detail ? `${code} · ${detail}` : code;
  return row;
}

/** @param {string} code */
export function sentenceOf(code) {
  if (known(`page.code.${code}`)) return text(`page.code.${code}`);
  return known(`code.${code}`) ? text(`code.${code}`) : code;
}

/** Where a detail says that something is wrong: slot, then ballot, event, trustee … @param {string} detail @returns {string[]} */
function placeOf(detail) {
  const places = [];
  const slot = SLOT.exec(detail);
  let rest = detail;
  if (slot) {
    places.push(String(slot[1]));
    rest = rest.slice(slot[0].length);
  }
  for (let found = PLACE.exec(rest); found; found = PLACE.exec(rest)) {
    places.push(text(`place.${String(found[1]).replace(" ", "_")}`, { number: found[2] }));
    if (found[3]) places.push(text("place.answer", { number: found[3] }));
    rest = rest.slice(found[0].length);
    if (!rest) break;
  }
  return places;
}
