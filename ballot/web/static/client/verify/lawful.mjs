/**
 * The definition with all that a tablet leaves to the verifier: rules, margin, names, lengths of
 * requests, members of the drawn lists; mirrors ballot/tally/{consistency,margin,gate}.py.
 *
 * @typedef {import("../definition.mjs").Definition} Definition
 * @typedef {import("../definition.mjs").Vote} Vote
 * @typedef {import("./rules.mjs").Rules} Rules
 * @typedef {Vote & { rules: Rules }} LawfulVote
 * @typedef {Omit<Definition, "votes"> & { votes: LawfulVote[] }} Lawful
 */

import { CHANNELS, decodeDefinition } from "../definition.mjs";
import { compact, dumps, loads } from "../encoding.mjs";
import { Invalid } from "../errors.mjs";
import { groupNamed } from "../group.mjs";
import { questions, wantsCapProof } from "../styles.mjs";
import { decodeRules, ratio } from "./rules.mjs";

// Letters whose Unicode names begin with LATIN; a look-alike script beside them is refused (B29).
const LATIN = /(?![\uff21-\uff5aªº\u1d2c-\u1d6a\u1d78-\u1dbf\u02b0-\u02b8\u02e0-\u02e4])\p{Script=Latin}/u;
const TWINS = /\p{Script=Cyrillic}|\p{Script=Greek}/u;

/**
 * A definition that fits together in every part; refusals as in Python.
 * @param {Uint8Array} data
 * @returns {Lawful}
 */
export function decodeLawful(data) {
  const definition = decodeDefinition(data);
  const { votes } = /** @type {any} */ (loads(data));
  const lawful = {
    ...definition,
    votes: definition.votes.map((vote, i) => ({
      ...vote,
      rules: decodeRules(votes[i].rules, vote.style === "grades", `votes[${i}].rules`),
    })),
  };
  const group = groupNamed(definition.group);
  for (const vote of lawful.votes) {
    for (const slot of vote.slots) for (const text of slot.drawn) group.parseKey(text);
  }
  for (const [i, vote] of lawful.votes.entries()) checkVote(vote, votes[i].waiver !== null);
  return lawful;
}

/** @param {LawfulVote} vote @param {boolean} waived */
function checkVote(vote, waived) {
  const where = `vote ${vote.id}`;
  checkNames(vote.items.map((item) => item.title));
  const { method } = vote.rules;
  const allowed = method === "tablet_paper" ? CHANNELS : [method];
  if (vote.channels.some((name) => !allowed.includes(name))) {
    throw new Invalid("definition.channels", `${where}: not the method of its rules`);
  }
  if (vote.kind !== "selection") {
    if (waived) throw new Invalid("definition.seats", `${where}: only a selection has places`);
    return;
  }
  const found = checkMargin(vote.seats, vote.items.length, vote.rules);
  if (found === "refused") {
    throw new Invalid("definition.margin", `${vote.items.length} candidates for ${vote.seats} places`);
  }
  if ((found === "ok_with_waiver") !== waived) {
    const what = waived ? "a waiver for a margin that needs none" : "this margin needs a recorded waiver";
    throw new Invalid("definition.waiver", what);
  }
}

/**
 * Whether so many candidates for so many places are lawful (counting rules §3): C > S and
 * low · b <= C − S <= high · b. A waiver exists only where no number is lawful, and only for S + 1.
 * @param {number} seats
 * @param {number} candidates
 * @param {Pick<Rules, "margin_base" | "margin_range" | "margin_small_n">} rules
 * @returns {"ok" | "ok_with_waiver" | "refused"}
 */
export function checkMargin(seats, candidates, rules) {
  const { low, high } = rules.margin_range;
  const [first, last] = lawfulNumbers(
    seats,
    ratio(low, "low"),
    high === null ? null : ratio(high, "high"),
    rules.margin_base,
  );
  if (first <= candidates && candidates <= last) return "ok";
  const none = first > last && rules.margin_small_n === "plus_one_waiver";
  return none && candidates === seats + 1 ? "ok_with_waiver" : "refused";
}

/**
 * The lawful numbers are consecutive, so both ends say it all; none where first > last.
 * @param {number} seats
 * @param {[number, number]} low
 * @param {[number, number] | null} high
 * @param {string} base
 * @returns {[number, number]}
 */
function lawfulNumbers(seats, [n, d], high, base) {
  if (base === "seats") {
    const last = high === null ? Infinity : seats + Math.floor((high[0] * seats) / high[1]);
    return [seats + Math.max(1, Math.ceil((n * seats) / d)), last];
  }
  // Base C: n/d · C <= C − S is d · S <= (d − n) · C, which no C fulfils when n >= d.
  if (n >= d) return [seats + 1, seats];
  const last =
    high === null || high[0] >= high[1] ? Infinity : Math.floor((high[1] * seats) / (high[1] - high[0]));
  return [Math.max(seats + 1, Math.ceil((d * seats) / (d - n))), last];
}

/** What a reader may take a name for (attack B29; after UTS #39). @param {string} title */
export function skeleton(title) {
  // Upper case first: ß and the other letters that case folding, unlike lower case, spells out.
  const folded = title.normalize("NFKC").toUpperCase().toLowerCase().replaceAll("ς", "σ");
  return folded.replace(/[^\p{L}\p{N}]/gu, "");
}

/** @param {string[]} titles */
function checkNames(titles) {
  const seen = new Set();
  for (const title of titles) {
    if (LATIN.test(title) && TWINS.test(title)) {
      throw new Invalid("definition.confusable", `${title}: letters of look-alike scripts`);
    }
    const key = skeleton(title);
    if (!key) throw new Invalid("definition.confusable", "a name without letters or digits");
    if (seen.has(key)) throw new Invalid("definition.confusable", `${title} can be taken for another`);
    seen.add(key);
  }
}

/**
 * Refuse (`definition.length`) a slot whose padded request could not hold its ballots (B24).
 * @param {Lawful} definition
 */
export function checkLengths(definition) {
  for (const vote of definition.votes) {
    const { length } = longest(definition, vote);
    for (const slot of vote.slots) {
      const least = length + slot.id.length;
      if (slot.length < least) {
        throw new Invalid("definition.length", `slot ${slot.id}: ${slot.length} bytes, ballots need ${least}`);
      }
    }
  }
}

/** The longest envelope of any round of `vote`, but for its slot. @param {Lawful} definition @param {LawfulVote} vote */
function longest(definition, vote) {
  const group = groupNamed(definition.group);
  const scalar = String(group.q - 1n);
  const element = "9".repeat(group.name === "Ed25519" ? 64 : 617);
  const proof = { challenge: scalar, response: scalar };
  const cap = vote.items.length;
  const asked = questions(vote, vote.items.map((item) => item.title), cap);
  const answers = asked.map(({ answers: texts, low, high }) => ({
    choices: texts.map(() => ({ alpha: element, beta: element })),
    individual_proofs: texts.map(() => [proof, proof]),
    overall_proof: Array(high - low + 1).fill(proof),
  }));
  const ballot = {
    election_uuid: "1".repeat(22),
    election_hash: "A".repeat(43),
    credential: element,
    answers,
    signature: { hash: "A".repeat(43), proof },
  };
  return dumps({
    ballot: new TextDecoder().decode(compact(ballot)),
    cap_proof: wantsCapProof(vote) ? Array(cap + 1).fill(proof) : null,
    slot: "",
    token: definition.signers.map(() => "A".repeat(512)),
    version: 1,
  });
}
