// The tablet between its screens: what it holds, and which screen follows from that.
//
// `rest()` derives the screen from the store and the board alone, so that a reload at any point
// comes back to the same step. Screens are functions of the app; changing the language or coming
// back from help draws the same screen again.

import { Casting } from "./casting.mjs";
import { codePad, foldPass, foldSlip, PASS_KEYS, SLIP_KEYS } from "./code_pad.mjs";
import { codeOf, Core, findSlot, Invalid, parseCode, parseSlip } from "./core.mjs";
import { enrol, enrolling } from "./enrolling.mjs";
import { present } from "./frame.mjs";
import { help, reset, voice } from "./helping.mjs";
import { QUIET, watch } from "./idle_timer.mjs";
import { marking } from "./marking.mjs";
import { Refused } from "./network.mjs";
import { cleared, notice, stillThere } from "./notices.mjs";
import { idle, starting, waiting } from "./resting.mjs";
import { review } from "./review.mjs";
import { testBallot } from "./test_ballot.mjs";

/**
 * @typedef {import("./core.mjs").Sealed} Sealed
 * @typedef {import("./frame.mjs").Screen} Screen
 * @typedef {import("./storage.mjs").Look} Look
 *
 * The ballot on this tablet. `marks`: one letter per item, "" where nothing is marked yet;
 * `code`: its 票面码; `limit`: the most approvals, or null.
 * @typedef {object} Ballot
 * @property {string} slot
 * @property {import("./core.mjs").Vote} vote
 * @property {number} number
 * @property {string} style
 * @property {import("./core.mjs").Item[]} items
 * @property {number | null} limit
 * @property {string} code
 * @property {string[]} marks
 *
 * What is known once the tablet has started.
 * @typedef {{box: string, client: string}} Service
 */

/** No ballot is being encrypted. @type {Promise<Sealed>} */
const NEVER = new Promise(() => undefined);
const RESTING = ["starting", "idle", "waiting"];
/** Screens that somebody is expected to touch. */
const ATTENDED = ["check_in", "drawn", "scan", "marking", "review", "test"];

export class App {
  /** @type {Screen} */
  #current = starting;
  #name = "starting";
  /** The screen below help, voice, reset or the idle question. @type {Screen | null} */
  #under = null;
  #over = new AbortController();
  /** @type {Set<() => void>} */
  #onlineWatchers = new Set();

  /** @type {import("./core.mjs").Definition & {code: string} | null} */
  definition = null;
  /** @type {Ballot | null} */
  ballot = null;
  /** @type {Sealed | null} */
  sealed = null;
  /** @type {Promise<Sealed>} */
  sealing = NEVER;
  /** @type {Service} */
  service = { box: "", client: "" };
  /** 票面码 of the round that comes next, where it is known. @type {string} */
  expected = "";
  online = true;
  /** Whether the done page offers to print a slip (`/tablet?slip=1`). */
  prints = new URLSearchParams(location.search).has("slip");

  /**
   * @param {import("./texts.mjs").Texts} texts
   * @param {import("./storage.mjs").Store} store
   * @param {import("./speech.mjs").Speech} speech
   */
  constructor(texts, store, speech) {
    this.texts = texts;
    this.store = store;
    this.speech = speech;
    /** @type {Look} */
    this.look = store.look;
    this.core = new Core();
    this.casting = new Casting(this);
  }

  /** A text of the page's language. @type {import("./texts.mjs").Texts["t"]} */
  t = (key, fields) => this.texts.t(key, fields);

  /** The pinned definition, once there is one. */
  get meeting() {
    if (!this.definition) throw new Error("no definition yet");
    return this.definition;
  }

  /** The events so far, once there is a definition. @returns {import("./core.mjs").Board} */
  get board() {
    if (!this.board_) throw new Error("no definition yet");
    return this.board_;
  }

  /** @type {import("./core.mjs").Board | null} */
  board_ = null;

  /** The ballot on this tablet; only asked for on screens that have one. */
  get held() {
    if (!this.ballot) throw new Error("no ballot here");
    return this.ballot;
  }

  /** Whether everyone has a drawn code, so that tablets go from hand to hand. */
  get shared() {
    return this.meeting.tokenKind === "drawn";
  }

  get client() {
    return this.service.client;
  }

  /** Style of the vote that comes next, for the cards of the waiting page. */
  get nextStyle() {
    const slot = Object.keys(this.store.wallet)[0];
    return slot === undefined ? "" : findSlot(this.meeting, slot).vote.style;
  }

  // Screens.

  /** @param {Screen} screen */
  show(screen) {
    this.#over.abort();
    this.#over = new AbortController();
    const { signal } = this.#over;
    const sheet = screen(this, signal);
    this.#current = screen;
    this.#name = sheet.name;
    present(this, sheet);
    if (ATTENDED.includes(sheet.name)) watch(QUIET, () => this.#askIfThere(), signal);
    this.say(sheet.say ?? spokenText(sheet.title));
  }

  /** Show something above the present screen; `goBack` comes back to it. @param {Screen} screen */
  #above(screen) {
    this.#under ??= this.#current;
    this.show(screen);
  }

  /** Back to the screen below; where nothing was to be done, to what is right by now. */
  goBack() {
    const below = this.#under;
    this.#under = null;
    if (below && !this.#isResting(below)) this.show(below);
    else this.rest();
  }

  /** @param {Screen} screen */
  #isResting(screen) {
    return screen === idle || screen === starting || this.#waits === screen;
  }

  /** @type {Screen | null} */
  #waits = null;

  openHelp = () => this.#above(help);
  openVoice = () => this.#above(voice);
  openReset = () => this.#above(reset());

  /** @param {"size" | "theme"} what @param {string} value */
  toggle(what, value) {
    if (this.look[what] === value) delete this.look[what];
    else this.look[what] = value;
    this.saveLook();
    this.#again();
    this.#focusTool(value);
  }

  changeLanguage() {
    this.texts.lang = this.texts.lang === "zh" ? "en" : "zh";
    this.look.lang = this.texts.lang;
    this.saveLook();
    this.#again();
    this.#focusTool("language");
  }

  /** The same screen anew, where the reader was. */
  #again() {
    const top = scrollY;
    this.show(this.#current);
    scrollTo(0, top);
  }

  /** @param {string} name */
  #focusTool(name) {
    const tool = document.querySelector(`[data-tool="${name}"]`);
    if (tool instanceof HTMLElement) tool.focus({ preventScroll: true });
  }

  /** The look of the page follows the deputy's wishes, which a paired tablet keeps until the hand-over. */
  saveLook() {
    const { dataset } = document.documentElement;
    for (const what of /** @type {const} */ (["size", "theme"])) {
      if (this.look[what]) dataset[what] = this.look[what];
      else delete dataset[what];
    }
    this.store.setLook(Object.keys(this.look).length ? this.look : null);
  }

  /** @param {boolean} on */
  setVoice(on) {
    this.speech.on = on;
    if (!on) this.speech.stop();
    this.goBack();
  }

  /** @param {string} text */
  say(text) {
    this.speech.say(text, this.texts.tag);
  }

  /** @param {boolean} is */
  setOnline(is) {
    if (is === this.online) return;
    this.online = is;
    for (const watcher of this.#onlineWatchers) watcher();
  }

  /** @param {() => void} act @param {AbortSignal} signal */
  whenOnlineChanges(act, signal) {
    this.#onlineWatchers.add(act);
    signal.addEventListener("abort", () => this.#onlineWatchers.delete(act));
  }

  // What follows from what is held.

  /** New events: screens on which nothing is done follow them, a ballot only ends with its round. */
  changed() {
    if (this.board.adopted && this.store.pin === null) this.store.setPin(this.meeting.session);
    if (this.#under && this.#isResting(this.#under)) return; // help is open; `goBack` looks anew
    if (RESTING.includes(this.#name)) this.rest();
    else if (this.ballot && !this.store.outgoing) this.#checkStillOpen(this.ballot.slot);
  }

  /** @param {string} slot */
  #checkStillOpen(slot) {
    const state = this.board.rounds.get(slot)?.state;
    if (state === "open" || state === undefined) return;
    this.#forgetBallot();
    this.#under = null;
    const ways = [{ text: "problem.ok", act: () => this.newDocument() }];
    if (state === "voided") this.show(notice({ key: "voided", ways }));
    else this.show(notice({ key: "closed", lead: "problem.closed.unsent", code: "round.not_open", ways }));
  }

  /** The screen that follows from store and board. */
  rest() {
    const { store, board } = this;
    this.#under = null;
    this.ballot = null;
    store.dropTokens((slot) => {
      const state = board.rounds.get(slot)?.state;
      return board.published || state === "closed" || state === "voided";
    });
    const tokens = Object.keys(store.wallet);
    if (store.outgoing) void this.casting.send(store.outgoing);
    else if (store.pending || (tokens.length && store.device !== null)) void this.checkIn(null);
    else if (tokens.length === 0) this.#showIdle();
    else void this.#waitOrVote(tokens);
  }

  #showIdle() {
    this.expected = "";
    this.show(idle);
  }

  /** @param {string[]} tokens */
  async #waitOrVote(tokens) {
    const round = this.board.openRound;
    if (round && round.channels.includes("tablet") && tokens.includes(round.slot)) {
      void this.openBallot(round.slot);
      return;
    }
    const number = this.board.number;
    const coming = tokens.find((slot) => this.board.rounds.get(slot)?.state === "waiting");
    this.expected = coming === undefined ? "" : codeOf((await this.core.open(this.board, coming)).digest);
    if (number !== this.board.number) return this.rest(); // an event came meanwhile
    const vote = round && findSlot(this.meeting, round.slot).vote;
    const mine = vote?.slots.some(({ id }) => tokens.includes(id));
    const over = [...this.board.rounds.values()].some(({ state }) => state === "closed" || state === "voided");
    if (round && !round.channels.includes("tablet")) this.#waits = waiting("paper");
    else if (round) this.#waits = waiting(mine ? "next" : "no_ballot");
    else this.#waits = waiting(over ? "next" : "lead");
    this.show(this.#waits);
  }

  // Check-in.

  openCheckIn() {
    this.show(codePad(this.shared ? this.#slipPad : this.#passPad));
  }

  /** @type {import("./code_pad.mjs").Pad} */
  #passPad = {
    name: "check_in",
    rows: PASS_KEYS,
    length: 12,
    group: 4,
    fold: foldPass,
    take: (text) => {
      try {
        void this.checkIn(parseCode(text));
      } catch {
        this.show(codePad(this.#passPad, "problem.code.malformed"));
      }
    },
  };

  /** @type {import("./code_pad.mjs").Pad} */
  #slipPad = {
    name: "drawn",
    rows: SLIP_KEYS,
    length: 15,
    group: 3,
    fold: foldSlip,
    take: (text) => void this.#takeSlip(text),
  };

  /** A slip opens one ballot, in memory. @param {string} text */
  async #takeSlip(text) {
    const slot = this.board.openRound?.slot;
    if (slot === undefined) return this.rest();
    try {
      const token = await this.core.slip(slot, parseSlip(text));
      this.store.setWallet({ [slot]: token });
      this.rest();
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      const why = error.code === "code.malformed" ? "slip" : "foreign";
      this.show(codePad(this.#slipPad, `problem.code.${why}`));
    }
  }

  /** @param {string | null} pass */
  async checkIn(pass) {
    const over = new AbortController();
    /** @type {(step: import("./enrolling.mjs").Step, waits: boolean) => void} */
    const tell = (step, waits) => this.show(enrolling(step, waits));
    try {
      await enrol(this, pass, tell, over.signal);
      this.rest();
    } catch (error) {
      if (error instanceof Refused) this.#refusedCheckIn(error);
      else if (error instanceof Invalid) {
        this.show(notice({ key: "issue", lead: "problem.issue.answer", code: error.code, grave: true }));
      } else throw error;
    }
  }

  /** @param {Refused} error */
  #refusedCheckIn({ code, status }) {
    const { store } = this;
    if (!store.pending) {
      store.setDevice(null); // this pass opened nothing
      const key = `problem.${code}`;
      this.show(codePad(this.#passPad, this.texts.has(key) ? key : "problem.pass.unknown"));
      return;
    }
    const again = { text: "problem.retry", act: () => void this.checkIn(null) };
    if (code === "issue.malformed" || code === "issue.closed") {
      this.show(notice({ key: "issue", lead: `problem.${code}`, code, ways: [again] }));
      return;
    }
    // Nothing can come of this request any more; the next check-in draws anew.
    store.setWallet({});
    store.setDevice(null);
    const key = status === 401 ? "problem.issue.device" : `problem.${code}`;
    const lead = this.texts.has(key) ? key : "problem.issue.malformed";
    const ways = [{ text: "problem.ok", act: () => this.rest() }];
    this.show(notice({ key: "issue", lead, code, ways }));
  }

  // The ballot.

  /** @param {string} slot */
  async openBallot(slot) {
    try {
      const { items: ids, limit, digest } = await this.core.open(this.board, slot);
      if (this.board.openRound?.slot !== slot) return this.rest();
      const { vote, number } = findSlot(this.meeting, slot);
      const items = ids.flatMap((id) => vote.items.find((item) => item.id === id) ?? []);
      const marks = this.store.marks(slot) ?? items.map(() => "");
      const code = codeOf(digest);
      this.ballot = { slot, vote, number, style: vote.style, items, limit, code, marks };
      this.mark();
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      this.show(notice({ key: "wrong_ballot", code: error.code, grave: true }));
    }
  }

  saveMarks() {
    const { slot, marks } = this.held;
    this.store.setMarks(slot, marks.some(Boolean) ? marks : null);
  }

  mark() {
    this.#forgetSealed();
    this.show(marking);
  }

  /** An empty ballot, with a new seed when it is checked. */
  markAnew() {
    if (!this.ballot) return this.rest();
    this.held.marks.fill("");
    this.saveMarks();
    this.mark();
  }

  /** Encrypting starts here, before the last tap (attack D6). */
  review() {
    const { slot, marks } = this.held;
    const token = this.store.wallet[slot];
    if (!token) return this.rest();
    const letters = marks.map((mark) => mark || "A").join("");
    const sealing = this.core.seal(letters, token);
    this.sealing = sealing;
    const keep = (/** @type {Sealed} */ sealed) => {
      if (this.sealing === sealing) this.sealed = sealed;
    };
    sealing.then(keep, () => undefined);
    this.show(review);
  }

  testBallot() {
    if (!this.sealed) return;
    const opened = this.sealed;
    this.#forgetBallot();
    this.show(testBallot(opened));
  }

  /** 投出: the envelope takes the place of the marks, the seed is gone, then the first byte leaves. */
  cast() {
    if (!this.sealed) return;
    const { slot, tracker, envelope } = this.sealed;
    const outgoing = { slot, tracker, envelope };
    this.store.setOutgoing(outgoing);
    this.#forgetBallot();
    void this.casting.send(outgoing);
  }

  /** The seed and what was encrypted with it; the next check of the ballot draws anew. */
  #forgetSealed() {
    if (this.sealing !== NEVER) this.core.forget();
    this.sealing = NEVER;
    this.sealed = null;
  }

  /** The marks as well. */
  #forgetBallot() {
    this.#forgetSealed();
    this.ballot?.marks.fill("");
    if (this.ballot) this.store.setMarks(this.ballot.slot, null);
  }

  // Leaving.

  #askIfThere() {
    this.#above(stillThere(() => this.#clearScreen(), () => this.goBack()));
  }

  /** Nobody was there: choices are gone, tokens stay, and what was sent is not touched. */
  #clearScreen() {
    this.#under = null;
    this.speech.stop();
    if (this.shared || !this.ballot) return this.newDocument();
    this.#forgetBallot();
    this.show(cleared);
  }

  /** A new document: nothing of this one can come back (people.md §10.5). */
  newDocument() {
    this.speech.stop();
    location.replace(location.pathname + location.search);
  }

  /** The staff's reset. @param {boolean} pin release the pinned definition as well */
  wipe(pin) {
    this.speech.stop();
    this.#forgetBallot();
    this.casting.stop();
    this.store.wipe(pin);
    // The registrar answers the second address with Clear-Site-Data and sends on (attack D17).
    location.replace(pin ? "/tablet/wiped" : location.pathname + location.search);
  }
}

/** The title, and what stands below it as lead or banner. @param {string} title */
function spokenText(title) {
  const rest = document.querySelectorAll("main .lead, main .banner p:not(.banner__code)");
  return [title, ...Array.from(rest, (element) => element.textContent)].join("。");
}
