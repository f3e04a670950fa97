// How the page looks and sounds, as this deputy wishes: kept on a paired tablet until the hand-over,
// on a shared one in memory only.

/** @typedef {import("./storage.mjs").Look} Look */

export class Looks {
  /** @param {import("./app.mjs").App} app */
  constructor(app) {
    this.app = app;
    /** @type {Look} */
    this.wishes = app.store.look;
  }

  /** @param {"size" | "theme"} what @param {string} value */
  toggle(what, value) {
    if (this.wishes[what] === value) delete this.wishes[what];
    else this.wishes[what] = value;
    this.save();
    this.app.again();
    this.#focusTool(value);
  }

  changeLanguage() {
    this.app.texts.lang = this.app.texts.lang === "zh" ? "en" : "zh";
    this.wishes.lang = this.app.texts.lang;
    this.save();
    this.app.again();
    this.#focusTool("language");
  }

  /** @param {string} name */
  #focusTool(name) {
    const tool = document.querySelector(`[data-tool="${name}"]`);
    if (tool instanceof HTMLElement) tool.focus({ preventScroll: true });
  }

  /** The look of the page follows the deputy's wishes, which a paired tablet keeps until the hand-over. */
  save() {
    const { dataset } = document.documentElement;
    for (const what of /** @type {const} */ (["size", "theme"])) {
      if (this.wishes[what]) dataset[what] = this.wishes[what];
      else delete dataset[what];
    }
    this.app.store.setLook(Object.keys(this.wishes).length ? this.wishes : null);
  }

  /** @param {boolean} on */
  setVoice(on) {
    this.app.speech.on = on;
    if (!on) this.app.speech.stop();
    this.app.goBack();
  }
}
