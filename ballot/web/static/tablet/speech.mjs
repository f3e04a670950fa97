// Reading aloud: only voices that live on the device, only after the deputy said that headphones
// are on (attack D18). A voice of a network service would tell it the choices.

/** @typedef {{rate: number, volume: number}} Sound */

export class Speech {
  on = false;
  /** @type {Sound} */
  sound = { rate: 0.9, volume: 1 };

  /** The local voice for a language, or null. @param {string} tag @returns {SpeechSynthesisVoice | null} */
  voice(tag) {
    if (!("speechSynthesis" in window)) return null;
    const language = tag.slice(0, 2);
    const local = speechSynthesis.getVoices().filter((voice) => voice.localService === true);
    return local.find((voice) => voice.lang.replace("_", "-").startsWith(language)) ?? null;
  }

  /** Say it, instead of what is being said. @param {string} text @param {string} tag */
  say(text, tag) {
    if (!this.on || !text) return;
    const voice = this.voice(tag);
    if (!voice) return;
    const said = new SpeechSynthesisUtterance(text);
    said.voice = voice;
    said.lang = voice.lang;
    said.rate = this.sound.rate;
    said.volume = this.sound.volume;
    speechSynthesis.cancel();
    speechSynthesis.speak(said);
  }

  stop() {
    this.on = false;
    if ("speechSynthesis" in window) speechSynthesis.cancel();
  }
}
