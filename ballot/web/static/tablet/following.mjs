// The session's events as they are published: server-sent, checked one by one, never skipped.
// Where the stream is silent or broken, what is missing is asked for.

import { Invalid } from "./core.mjs";
import { fetchBytes, NoAnswer } from "./network.mjs";

/** @typedef {import("./core.mjs").Board} Board */

const ASK_AGAIN = 15_000;

export class Following {
  /** @type {EventSource | null} */
  #stream = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #catching = false;

  /**
   * @param {Board} board
   * @param {{changed: () => void, refused: (error: Error) => void, online: (is: boolean) => void}} told
   */
  constructor(board, told) {
    this.board = board;
    this.told = told;
  }

  /** All events so far; NoAnswer without a network, Invalid for an event that may not follow. */
  async catchUp() {
    const bytes = await fetchBytes(`/api/events?after=${this.board.number}`);
    const lines = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    for (const line of lines.split("\n")) {
      // The stream may have brought some of them while the answer was on its way.
      if (line && !(numberOf(line) <= this.board.number)) this.board.append(line);
    }
  }

  /** Follow until `stop`. */
  start() {
    this.#open();
    this.#timer = setInterval(() => void this.#refresh(), ASK_AGAIN);
    addEventListener("online", this.#refresh);
    document.addEventListener("visibilitychange", this.#refresh);
  }

  stop() {
    this.#stream?.close();
    clearInterval(this.#timer);
    removeEventListener("online", this.#refresh);
    document.removeEventListener("visibilitychange", this.#refresh);
  }

  #open() {
    this.#stream?.close();
    const stream = new EventSource(`/api/stream?after=${this.board.number}`);
    stream.addEventListener("open", () => this.told.online(true));
    stream.addEventListener("error", () => {
      this.told.online(false);
      // A stream that the browser gave up is opened anew by the next refresh.
      if (stream.readyState === EventSource.CLOSED) this.#stream = null;
    });
    stream.addEventListener("event", (event) => this.#take(/** @type {MessageEvent} */ (event).data));
    this.#stream = stream;
  }

  /** @param {string} line */
  #take(line) {
    const number = numberOf(line);
    if (number <= this.board.number) return; // a reconnected stream repeats
    if (number > this.board.number + 1) return void this.#refresh();
    this.#append(() => this.board.append(line));
  }

  #refresh = async () => {
    if (this.#catching) return;
    this.#catching = true;
    const before = this.board.number;
    try {
      await this.catchUp();
      this.told.online(true);
      if (!this.#stream) this.#open();
    } catch (error) {
      if (error instanceof NoAnswer) this.told.online(false);
      else if (error instanceof Invalid) this.told.refused(error);
      else throw error;
    } finally {
      this.#catching = false;
    }
    if (this.board.number > before) this.told.changed();
  };

  /** @param {() => void} step */
  #append(step) {
    try {
      step();
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      this.told.refused(error);
      return;
    }
    this.told.changed();
  }
}

/** The number that an event's line states; NaN where it states none. @param {string} line @returns {number} */
function numberOf(line) {
  try {
    return Number(JSON.parse(line).number);
  } catch {
    return NaN;
  }
}
