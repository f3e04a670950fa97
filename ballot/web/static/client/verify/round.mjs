/**
 * One counted round, before its officials sign the certificate: everything a public record will be
 * asked, from the box itself (docs/service.md). The names of the checks are those of a record; there
 * is no container yet (V1), and the session is the one this device knows (V2).
 *
 * @typedef {import("./box.mjs").Verified} Verified
 * @typedef {import("./crew.mjs").Crew} Crew
 * @typedef {import("./record.mjs").Told} Told
 * @typedef {import("./report.mjs").Check} Check
 * @typedef {import("./report.mjs").Verdict} Verdict
 * @typedef {{ definition: Uint8Array, lines: string[], slot: string, envelopes: Uint8Array[],
 *   archive: Uint8Array | null, certificate: any, verified?: Verified | null }} Given `lines` of
 *   events.jsonl; `archive` the round's `.bel`, null for paper only; `certificate` what is to be signed
 * @typedef {{ due: any, box: Verified & { before: boolean } | null } | null} Found
 * @typedef {{ verdict: Verdict, checks: Check[], elected: string[],
 *   box: Verified & { before: boolean } | null }} Answer `elected` are ids, in the order of the certificate
 *   that follows from the count; `box` what a device may remember of a valid round, `before` if it did
 */

import { concat, toHex, utf8 } from "../bytes.mjs";
import { dumps, loads } from "../encoding.mjs";
import { Invalid, refusedAs } from "../errors.mjs";
import { trackerOf } from "./admissions.mjs";
import { conclude, readDefinition, readEvents } from "./chronicle.mjs";
import { ALONE } from "./crew.mjs";
import { BOX, boxCheck } from "./record.mjs";
import { Checklist } from "./report.mjs";
import { ResultCheck } from "./results.mjs";

/**
 * @param {Given} given
 * @param {Told} [told] ballots done of all
 * @param {Crew} [crew]
 * @returns {Promise<Answer>}
 */
export async function checkRound(given, told = () => {}, crew = ALONE) {
  const checks = new Checklist();
  checks.notApplicable("V1", "round.no_record", "there is no record yet");
  /** @type {Found} */
  let found = null;
  try {
    found = await check(given, told, crew, checks);
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    checks.unknown("V3", error.code, error.detail);
  }
  const { verdict, checks: list } = checks.report({});
  const box = verdict === "valid" ? (found?.box ?? null) : null;
  return { verdict, checks: list, elected: found?.due?.elected ?? [], box };
}

/** The certificate rebuilt and the box, as far as it goes. @param {Given} given @param {Told} told @param {Crew} crew @param {Checklist} checks @returns {Promise<Found>} */
async function check(given, told, crew, checks) {
  const { slot, archive, certificate, envelopes } = given;
  const definition = readDefinition(given.definition, undefined, checks);
  if (!definition) return null;
  const chronicle = readEvents(given.lines, definition, checks);
  conclude(chronicle, checks);
  const one = checks.check("V3", () => chronicle.state.round(slot));
  if (!one) return null;
  if (!one.counted || one.voided || one.current) {
    const what = `the round in slot ${slot} does not wait for a certificate`;
    checks.failed("V3", new Invalid("event.order", what));
  }
  const done = { now: 0 };
  const box = one.tablets
    ? boxCheck({
        chronicle,
        checks,
        one,
        crew,
        verified: given.verified,
        told: (ballots) => told((done.now += ballots), envelopes.length),
      })
    : null;
  if (!one.tablets) {
    for (const name of BOX) checks.notApplicable(name, "record.no_box", "no round with tablets");
  } else if (!archive) {
    for (const name of BOX) checks.unknown(name, "record.missing", "election.bel");
  } else if (box) {
    const admissions = checks.check("V6", () => admissionsOf(envelopes));
    if (admissions) await box.run({ archive, admissions });
  }
  const rest = new ResultCheck({ chronicle, checks, one, box, read: () => null, draft: certificate });
  rest.run();
  for (const name of [...(box?.reached ?? []), ...rest.reached]) checks.passed(name, { rounds: [slot] });
  if (one.calling) checks.passed("V14", { rounds: [slot] });
  else checks.notApplicable("V14", "record.no_later_round", "every vote has one round");
  return { due: rest.due, box: box?.found ?? null };
}

/** What the record will keep beside the ballots; else `envelope.malformed`. @param {Uint8Array[]} envelopes */
function admissionsOf(envelopes) {
  const lines = envelopes.map((data, i) =>
    refusedAs("envelope.malformed", () => {
      const value = /** @type {any} */ (loads(data));
      if (typeof value?.ballot !== "string") throw new Invalid("document.shape", `envelope ${i + 1}`);
      const { cap_proof, token } = value;
      const tracker = toHex(trackerOf(utf8(value.ballot), data));
      return concat(dumps({ cap_proof, token, tracker }), utf8("\n"));
    }),
  );
  return concat(...lines);
}
