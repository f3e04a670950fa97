/** A tablet that asks for what it missed while the stream brings it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Invalid } from "../../ballot/web/static/client/errors.mjs";
import { Following } from "../../ballot/web/static/tablet/following.mjs";

/** A board that takes numbered lines in their order and nothing else. */
class Numbers {
  number = 0;

  /** @param {string} line */
  append(line) {
    const { number } = JSON.parse(line);
    if (number !== this.number + 1) throw new Invalid("event.chain", String(number));
    this.number = number;
  }
}

const told = { changed() {}, refused() {}, online() {} };
const lines = [1, 2, 3].map((number) => JSON.stringify({ number }));

/** @param {string} text @param {() => void} meanwhile */
function answering(text, meanwhile) {
  globalThis.fetch = /** @type {any} */ (
    async () => {
      meanwhile();
      return new Response(text);
    }
  );
}

test("what the stream brought meanwhile is not taken twice", async () => {
  const board = new Numbers();
  answering(lines.join("\n") + "\n", () => lines.slice(0, 2).forEach((line) => board.append(line)));
  await new Following(/** @type {any} */ (board), told).catchUp();
  assert.equal(board.number, 3);
});

test("a gap is refused, and so is what is no event", async () => {
  for (const [text, error] of /** @type {[string, any]} */ ([
    [lines[2], { code: "event.chain" }],
    ["no event", SyntaxError],
  ])) {
    answering(String(text), () => {});
    const follower = new Following(/** @type {any} */ (new Numbers()), told);
    await assert.rejects(() => follower.catchUp(), /** @type {any} */ (error));
  }
});
