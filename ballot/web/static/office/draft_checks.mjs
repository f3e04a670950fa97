/**
 * What an official's own browser can check of a draft before it is signed: the events up to here,
 * and everything in the draft that follows from them. What it cannot check it says.
 *
 * @typedef {import("../client/definition.mjs").Definition} Definition
 * @typedef {import("../client/events.mjs").Event} Event
 * @typedef {import("./showing.mjs").Draft} Draft
 * @typedef {{ key: string, status: "ok" | "fail" | "open", fields?: Record<string, string | number> }}
 *   Check `open`: not to be checked here
 * @typedef {{ definition: Definition, board: Board, events: Event[], draft: Draft }} Case
 */

import { Board } from "../client/board.mjs";
import { findSlot } from "../client/definition.mjs";
import { Invalid } from "../client/errors.mjs";

/**
 * The checks of a draft after these events, in a fixed order; it never throws on what it refuses.
 * @param {Definition} definition
 * @param {string[]} lines
 * @param {Draft} draft
 * @returns {Check[]}
 */
export function checkDraft(definition, lines, draft) {
  const board = new Board(definition);
  /** @type {Event[]} */
  const events = [];
  try {
    for (const line of lines) events.push(board.append(line));
  } catch (error) {
    return [{ key: "events", status: "fail", fields: { number: events.length + 1, code: codeOf(error) } }];
  }
  /** @type {Check[]} */
  const found = [{ key: "events", status: "ok", fields: { number: events.length } }];
  found.push(verdict("session", draft.session === definition.session));
  if ("log" in draft.body) found.push(checkLog(board, draft));
  try {
    found.push(...(KINDS[draft.kind] ?? own)({ definition, board, events, draft }));
  } catch (error) {
    found.push({ key: "body", status: "fail", fields: { code: codeOf(error) } });
  }
  return found;
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Invalid ? error.code : "client.fault";
}

/** @param {string} key @param {boolean} holds @param {Record<string, string | number>} [fields] @returns {Check} */
function verdict(key, holds, fields = {}) {
  return { key, status: holds ? "ok" : "fail", fields };
}

/** @param {string} key @returns {Check} */
const open = (key) => ({ key, status: "open" });

/** @param {Board} board @param {Draft} draft @returns {Check} */
function checkLog(board, { body }) {
  if (body["log"] === board.last) return verdict("log", true);
  return board.digests.has(body["log"]) ? open("log_behind") : verdict("log", false);
}

/** The last event of a kind about a slot. @param {Event[]} events @param {string} kind @param {string | null} slot */
function last(events, kind, slot) {
  return [...events].reverse().find((event) => event.kind === kind && event.slot === slot) ?? null;
}

/** What the check-in of a slot gave out. @param {Event[]} events @param {string | null} slot */
function issuedFor(events, slot) {
  for (const { kind, body } of events) {
    const found = kind === "check_in_closed" && body["issued"].find((/** @type {any} */ one) => one.slot === slot);
    if (found) return found;
  }
  return null;
}

/** Items and places of a round. @param {Case} at @param {string} slot */
function listOf({ definition, board }, slot) {
  const { vote } = findSlot(definition, slot);
  const called = board.rounds.get(slot)?.called;
  return { items: called?.items ?? vote.items.map(({ id }) => id), seats: called?.seats ?? vote.seats };
}

/** The slot of the round that a later one follows. @param {Case} at */
function parentOf({ definition, board, draft }) {
  const { vote, number } = findSlot(definition, draft.slot ?? "");
  const before = vote.slots.slice(0, number - 1).filter(({ id }) => board.rounds.has(id));
  return before[before.length - 1]?.id ?? null;
}

/** @param {number[]} numbers */
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

/** @param {unknown} a @param {unknown} b */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** @param {Case} _ @returns {Check[]} */
const own = (_) => [open("words")];

/** @param {Case} at @param {string | null} slot @returns {Check} */
function certificateOf({ events, draft }, slot) {
  return verdict("parent", last(events, "certified", slot)?.body["certificate"] === draft.body["parent"]);
}

/** @type {Record<string, (at: Case) => Check[]>} */
const KINDS = {
  defined: () => [open("lawful")],
  adopted: () => [open("lawful")],

  rules_adopted({ definition: { deputies }, draft: { body } }) {
    const { yes, no, abstain } = body;
    return [verdict("majority", 2 * yes > deputies && yes + no + abstain <= deputies, { yes, deputies })];
  },

  check_in_opened({ events, draft: { body } }) {
    return [verdict("slots_new", body["slots"].every((/** @type {string} */ slot) => !issuedFor(events, slot)))];
  },

  check_in_closed({ definition: { deputies }, board, draft: { body } }) {
    /** @type {{ slot: string, tablet: number, paper: number, signers: number[] }[]} */
    const issued = body["issued"];
    const named = issued.map(({ slot }) => slot).sort();
    return [
      verdict("slots", same(named, [...board.checkIn].sort())),
      verdict("present", body["present"] <= deputies, { deputies }),
      verdict("issued", issued.every((one) => one.tablet + one.paper <= body["present"])),
      verdict("signers", issued.every((one) => one.signers.every((number) => number === one.tablet))),
      open("attendance"),
    ];
  },

  box_empty({ draft: { body } }) {
    return [verdict("empty", body["envelopes"] === 0), open("box_seen")];
  },

  round_opened({ definition: { deputies }, board, events, draft: { slot, body } }) {
    const found = [verdict("present", body["present"] <= deputies, { deputies })];
    found.push(verdict("checked_in", issuedFor(events, slot) !== null));
    if (body["channels"].includes("tablet")) {
      const { fingerprint } = board.gate(slot ?? "").election;
      found.push(verdict("ballot", body["fingerprint"] === fingerprint));
    } else found.push(verdict("paper_only", body["fingerprint"] === null && body["issued_paper"] !== null));
    return [...found, open("head_count")];
  },

  round_closed({ board, draft: { slot, body } }) {
    const { channels = [] } = board.rounds.get(slot ?? "") ?? {};
    const stated = channels.every((channel) => body[channel] !== null);
    return [verdict("channels", stated), open(channels.includes("tablet") ? "box_later" : "papers_seen")];
  },

  sealed({ board, events, draft: { slot, body } }) {
    const closed = last(events, "round_closed", slot)?.body["tablet"];
    const { fingerprint } = board.gate(slot ?? "").election;
    const equal = body["root"] === closed?.root && body["size"] === closed?.returned;
    return [verdict("seal", equal && body["fingerprint"] === fingerprint), open("own_page")];
  },

  paper_counted({ definition, events, draft: { slot, body } }) {
    const { style } = findSlot(definition, slot ?? "").vote;
    const { returned, valid, rows } = body;
    const closed = last(events, "round_closed", slot)?.body["paper"];
    const invalid = sum(Object.values(body["void"]));
    const full = rows.every((/** @type {number[]} */ row) => {
      const marks = sum(row);
      return style === "approve" ? marks <= valid : marks === valid;
    });
    return [
      verdict("returned", returned === closed?.returned, { number: returned }),
      verdict("valid", valid + invalid === returned),
      verdict("rows", full, { number: valid }),
      open("papers_seen"),
    ];
  },

  voided({ events, draft: { slot } }) {
    const decrypted = events.some((event) => event.kind === "decrypted" && event.slot === slot);
    return [verdict("not_decrypted", !decrypted), open("words")];
  },

  run_off_called(at) {
    const parent = parentOf(at) ?? "";
    const { items } = listOf(at, parent);
    const outcome = last(at.events, "counted", parent)?.body["outcome"] ?? {};
    const again = outcome.runoff?.length ? "runoff" : "second_tie";
    const tied = (outcome[again] ?? []).map((/** @type {number} */ i) => items[i]);
    const { body } = at.draft;
    return [
      certificateOf(at, parent),
      verdict("tied", same(body["items"], tied) && body["seats"] === outcome[`${again}_seats`]),
    ];
  },

  revote_called(at) {
    const parent = parentOf(at) ?? "";
    const voided = last(at.events, "voided", parent);
    const { items, seats } = listOf(at, parent);
    const { body } = at.draft;
    return [
      verdict("voided", voided?.digest === body["parent"]),
      verdict("list", same(body["items"], items) && body["seats"] === seats),
    ];
  },

  second_vote_called(at) {
    const { items } = listOf(at, parentOf(at) ?? "");
    const known = at.draft.body["items"].every((/** @type {string} */ id) => items.includes(id));
    return [certificateOf(at, parentOf(at)), verdict("listed", known), open("places")];
  },

  tie_settled: (at) => [certificateOf(at, at.draft.slot), open("lots")],
  vacancy_left: (at) => [certificateOf(at, at.draft.slot), open("places")],

  published({ board, events }) {
    const opened = events.filter(({ kind }) => kind === "round_opened").map(({ slot }) => slot);
    const over = opened.every((slot) => last(events, "certified", slot) ?? last(events, "voided", slot));
    return [verdict("over", over && board.openRound === null), open("record")];
  },

  certified: () => [], // the whole round is verified, see certificate_check.mjs
  keys_ready: () => [open("own_page")],
  decrypted: () => [open("own_page")],
};
