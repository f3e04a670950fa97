import assert from "node:assert/strict";
import { test } from "node:test";

import { Board } from "../../ballot/web/static/client/board.mjs";
import { utf8 } from "../../ballot/web/static/client/bytes.mjs";
import { decodeDefinition, findSlot } from "../../ballot/web/static/client/definition.mjs";
import { code, dumps, loads } from "../../ballot/web/static/client/encoding.mjs";
import { buildGate, jointKey } from "../../ballot/web/static/client/gate.mjs";
import { verdict, vectors } from "./helpers.mjs";

/** @param {string} text @param {(string | number)[]} path @param {any} value */
function changed(text, path, value) {
  const document = /** @type {any} */ (loads(utf8(text)));
  let at = document;
  for (const step of path.slice(0, -1)) at = at[step];
  at[/** @type {string | number} */ (path[path.length - 1])] = value;
  return dumps(document);
}

test("a definition is read, and its neighbours are refused by Python's codes", () => {
  for (const { definition: text, session, code: short, changes } of vectors("definitions")) {
    const definition = decodeDefinition(utf8(text));
    assert.equal(definition.session, session);
    assert.equal(code(Buffer.from(definition.session, "hex")), short);
    assert.deepEqual(structuredClone(definition), definition); // can go to a worker
    for (const { path, value, verdict: expected } of changes) {
      assert.equal(
        verdict(() => decodeDefinition(changed(text, path, value))),
        expected,
        `${path}: ${JSON.stringify(value)}`,
      );
    }
    assert.equal(
      verdict(() => decodeDefinition(utf8(`${text}\n`))),
      "document.not_canonical",
    );
    assert.equal(findSlot(definition, "projects-2").number, 2);
    assert.equal(
      verdict(() => findSlot(definition, "x")),
      "definition.slot",
    );
  }
});

test("the election document follows from the definition, the keys and the calling event", () => {
  const { definition: text, trustees, y: expected, rounds } = vectors("elections");
  const definition = decodeDefinition(utf8(text));
  const y = jointKey(definition, trustees);
  for (const { slot, called, election, fingerprint, code: short, style, cap, length } of rounds) {
    const gate = buildGate(definition, y, slot, called);
    assert.equal(gate.group.ser(y), expected);
    assert.equal(new TextDecoder().decode(gate.election.raw), election);
    assert.equal(gate.election.fingerprint, fingerprint);
    assert.equal(code(gate.election.digest), short);
    assert.deepEqual([gate.style, gate.cap, gate.length], [style, cap, length]);
  }
  assert.equal(
    verdict(() => buildGate(definition, y, "projects-2", { items: ["x"], seats: 1, calling: "" })),
    "definition.item",
  );
  const [[, parameters]] = JSON.parse(trustees);
  const wrong = [
    "[]",
    "{}",
    "[[]]",
    '[["Single",{}]]',
    `[${trustees.slice(1, -1)},["Single",{}]]`,
    JSON.stringify([["Pedersen", { ...parameters, threshold: 2 }]]),
    JSON.stringify([["Pedersen", { ...parameters, coefexps: parameters.coefexps.slice(1) }]]),
    JSON.stringify([
      [
        "Pedersen",
        {
          ...parameters,
          coefexps: parameters.coefexps.map(() => ({ message: '{"coefexps":[]}' })),
        },
      ],
    ]),
    JSON.stringify([
      ["Pedersen", { ...parameters, coefexps: parameters.coefexps.map(() => ({})) }],
    ]),
    JSON.stringify([
      ["Pedersen", { ...parameters, coefexps: parameters.coefexps.map(() => null) }],
    ]),
  ];
  assert.equal(
    verdict(() => jointKey({ ...definition, threshold: 2 }, trustees)),
    "trustees.invalid",
  );
  for (const document of wrong)
    assert.match(
      verdict(() => jointKey(definition, document)),
      /^trustees\./,
      document,
    );
});

test("a board follows the chain and knows what a tablet needs", () => {
  const { definition: text, lines, rounds } = vectors("events");
  const board = new Board(decodeDefinition(utf8(text)));
  /** @type {string[]} */
  const told = [];
  for (const [i, line] of lines.entries()) {
    const event = board.append(i % 2 ? line : utf8(line));
    assert.equal(board.number, i + 1);
    const open = board.openRound;
    told.push(
      `${event.kind}: ${board.adopted} ${board.y !== null} ${board.checkIn.length} ${open?.slot ?? "-"} ${board.published}`,
    );
    if (open) assert.equal(board.gate(open.slot).election.fingerprint, rounds[open.slot]);
  }
  assert.deepEqual(told, [
    "defined: false false 0 - false",
    "adopted: true false 0 - false",
    "keys_ready: true true 0 - false",
    "rules_adopted: true true 0 - false",
    "check_in_opened: true true 6 - false",
    "check_in_closed: true true 0 - false",
    "box_empty: true true 0 - false",
    "round_opened: true true 0 projects-1 false",
    "round_closed: true true 0 - false",
    "voided: true true 0 - false",
    "revote_called: true true 0 - false",
    "box_empty: true true 0 - false",
    "round_opened: true true 0 projects-2 false",
    "round_closed: true true 0 - false",
    "voided: true true 0 - false",
    "published: true true 0 - true",
  ]);
  assert.equal(
    verdict(() => board.gate("projects-3")),
    "event.slot",
  );
});

test("a line that may not follow is refused by Python's code and changes nothing", () => {
  const { definition: text, lines, refused } = vectors("events");
  const definition = decodeDefinition(utf8(text));
  assert.ok(refused.length > 80);
  const board = new Board(definition);
  for (const [i, line] of lines.entries()) {
    const before = JSON.stringify([
      board.number,
      board.last,
      board.adopted,
      board.checkIn,
      [...board.rounds],
    ]);
    for (const { comment, number, line: wrong, code: expected } of refused) {
      if (number === i + 1)
        assert.equal(
          verdict(() => board.append(wrong)),
          expected,
          comment,
        );
    }
    assert.equal(
      JSON.stringify([board.number, board.last, board.adopted, board.checkIn, [...board.rounds]]),
      before,
    );
    board.append(line);
  }
});

test("a round announced with another election document is not voted in", () => {
  const { definition: text, lines } = vectors("events");
  const board = new Board(decodeDefinition(utf8(text)));
  for (const line of lines.slice(0, 8)) board.append(line);
  const round = board.rounds.get("projects-1");
  assert.equal(
    verdict(() => board.gate("projects-1")),
    "ok",
  );
  board.rounds.set("projects-1", { .../** @type {any} */ (round), fingerprint: "A".repeat(43) });
  assert.equal(
    verdict(() => board.gate("projects-1")),
    "ballot.wrong_round",
  );
});
