// The tablet between its screens: what it holds, and which screen follows from that.
//
// `rest()` derives the screen from the store and the board alone, so that a reload at any point
// comes back to the same step. Screens are functions of the app; changing the language or coming
// back from help draws the same screen again.

import { Casting } from "./casting.mjs";
import { CheckIn } from "./check_in.mjs";
import { codeOf, Core, findSlot } from "./core.mjs";
import { present } from "./frame.mjs";
import { help, reset, voice } from "./helping.mjs";
import { QUIET, watch } from "./idle_timer.mjs";
import { Looks } from "./looks.mjs";
import { cleared, stillThere } from "./notices.mjs";
import { idle, starting, waiting } from "./resting.mjs";
import { Voting } from "./voting.mjs";

/**
 * @typedef {import("./frame.mjs").Screen} Screen
 *
 * What is known once the tablet has started.
 * @typedef {{box: string, client: string}} Service
 */

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
    this.core = new Core();
    this.looks = new Looks(this);
    this.checkIn = new CheckIn(this);
    this.voting = new Voting(this);
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

  /** Whether everyone has a drawn code, so that tablets go from hand to hand. */
  get shared() {
    return this.meeting.tokenKind === "drawn";
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

  /** Show a screen to which no other one comes back. @param {Screen} screen */
  showOnly(screen) {
    this.#under = null;
    this.show(screen);
  }

  /** The same screen anew, where the reader was. */
  again() {
    const top = scrollY;
    this.show(this.#current);
    scrollTo(0, top);
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
    else this.voting.checkStillOpen();
  }

  /** The screen that follows from store and board. */
  rest() {
    const { store, board } = this;
    this.#under = null;
    this.voting.ballot = null;
    store.dropTokens((slot) => {
      const state = board.rounds.get(slot)?.state;
      return board.published || state === "closed" || state === "voided";
    });
    const tokens = Object.keys(store.wallet);
    if (store.outgoing) void this.casting.send(store.outgoing);
    else if (store.pending || (tokens.length && store.device !== null)) void this.checkIn.go(null);
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
      return this.voting.open(round.slot);
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

  // Leaving.

  #askIfThere() {
    this.#above(stillThere(() => this.#clearScreen(), () => this.goBack()));
  }

  /** Nobody was there: choices are gone, tokens stay, and what was sent is not touched. */
  #clearScreen() {
    this.#under = null;
    this.speech.stop();
    if (this.shared || !this.voting.ballot) return this.newDocument();
    this.voting.forget();
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
    this.voting.forget();
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
