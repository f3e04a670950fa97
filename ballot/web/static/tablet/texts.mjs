// What people read: both languages are fetched at the start, so that changing the language needs
// no network and loses nothing. The texts themselves stand in ballot/locale.

/** @typedef {"zh" | "en"} Lang */
/** @typedef {Record<string, string | number>} Fields */

export const LANGS = /** @type {const} */ (["zh", "en"]);

export class Texts {
  /** @param {Record<Lang, Record<string, string>>} tables @param {Lang} lang */
  constructor(tables, lang) {
    this.tables = tables;
    this.lang = lang;
  }

  /** Fetch both tables. @param {Lang} lang @returns {Promise<Texts>} */
  static async load(lang) {
    const [zh, en] = await Promise.all(
      LANGS.map(async (name) => {
        const answer = await fetch(`/api/texts?lang=${name}`, { credentials: "omit" });
        if (!answer.ok) throw new Error(`texts: ${answer.status}`);
        return /** @type {Record<string, string>} */ (await answer.json());
      }),
    );
    if (!zh || !en) throw new Error("texts");
    return new Texts({ zh, en }, lang);
  }

  /** The language tag (BCP 47) of the page. */
  get tag() {
    return this.lang === "zh" ? "zh-CN" : "en";
  }

  /** Whether there is such a text. @param {string} key */
  has(key) {
    return key in this.tables[this.lang];
  }

  /** The text of a key with its fields. @param {string} key @param {Fields} [fields] @returns {string} */
  t(key, fields = {}) {
    const template = this.tables[this.lang][key];
    if (template === undefined) throw new Error(`no text ${key}`);
    return template.replace(/\{(\w+)\}/g, (_, name) => {
      const value = fields[name];
      if (value === undefined) throw new Error(`no field ${name} for ${key}`);
      return String(value);
    });
  }

  /** The number of a round as the language writes it. @param {number} n */
  nth(n) {
    return this.lang === "zh" ? "一二三四五六七八九十"[n - 1] ?? String(n) : String(n);
  }

  /** 2025-10-31 as people write it; other texts as they are. @param {string} text */
  date(text) {
    const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
    if (!found) return text;
    const [, year, month, day] = found.map(Number);
    if (this.lang === "zh") return `${year}年${month}月${day}日`;
    const name = "January February March April May June July August September October November December";
    return `${day} ${name.split(" ")[(month ?? 1) - 1]} ${year}`;
  }
}
