/** Prints what the client's work costs here, in milliseconds, as JSON; called by scripts/bench. */

import * as ballots from "../../ballot/web/static/client/ballots.mjs";
import { blind, finalize, tokenMessage } from "../../ballot/web/static/client/blind.mjs";
import { fromHex, toInteger, utf8 } from "../../ballot/web/static/client/bytes.mjs";
import { decodeDefinition } from "../../ballot/web/static/client/definition.mjs";
import { encodeElection } from "../../ballot/web/static/client/gate.mjs";
import { GROUPS } from "../../ballot/web/static/client/group.mjs";
import { inverse, power } from "../../ballot/web/static/client/integers.mjs";
import { questions } from "../../ballot/web/static/client/styles.mjs";
import { stream, vectors } from "./helpers.mjs";

/**
 * The median of some runs after one that warms up.
 * @param {() => unknown} work
 * @param {number} [runs]
 */
function median(work, runs = 7) {
  const times = Array.from({ length: runs + 1 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Number(
    times
      .slice(1)
      .sort((a, b) => a - b)
      [runs >> 1]?.toFixed(1),
  );
}

const found = /** @type {{ [name: string]: number }} */ ({});
for (const group of Object.values(GROUPS)) {
  const y = group.powerG(toInteger(stream("y")(64)));
  found[`${group.name}: table of y`] = median(
    () => group.prepare(group.powerG(toInteger(stream(String(Math.random()))(64)))),
    3,
  );
  group.prepare(y);
  for (const items of [9, 12]) {
    const titles = Array.from({ length: items }, (_, i) => `项目${i}`);
    const vote = /** @type {any} */ ({ style: "three_way", title: "票决", cap: "seats" });
    const election = encodeElection(
      group,
      y,
      "票决",
      "",
      questions(vote, titles, items - 1),
      "1".repeat(22),
    );
    const gate = /** @type {any} */ ({
      election,
      group,
      style: "three_way",
      items: titles,
      cap: items - 1,
    });
    const marks = "YNA".repeat(4).slice(0, items);
    const credential = group.ser(group.g);
    found[`${group.name}: ballot of ${items} projects`] = median(() =>
      ballots.encrypt(gate, marks, credential, new Uint8Array(32)),
    );
  }
}
const [{ n: text, p, q }] = vectors("blind").keys;
const key = { n: BigInt(`0x${text}`), e: 65537n };
const d = /** @type {bigint} */ (
  inverse(65537n, (BigInt(`0x${p}`) - 1n) * (BigInt(`0x${q}`) - 1n))
);
const message = tokenMessage("00", "5e".repeat(32), "a");
const { request, inverse: unblind } = blind(key, message, stream("bench"));
const answer = fromHex(power(toInteger(request), d, key.n).toString(16).padStart(768, "0"));
found["RSA-3072: blind"] = median(() => blind(key, message, stream("bench")));
found["RSA-3072: unblind and verify"] = median(() => finalize(key, message, answer, unblind));
const definition = utf8(vectors("definitions")[0].definition);
found["definition with twelve slot keys"] = median(() => decodeDefinition(definition), 3);
console.log(JSON.stringify(found, null, 1));
