/** The page that verifies a record: a file, a code, one verdict. Everything runs in workers. */

import { parseCode } from "../client/encoding.mjs";
import { Invalid } from "../client/errors.mjs";
import { employ } from "../client/verify/crew.mjs";
import { part, text } from "./page.mjs";
import { sentenceOf, show } from "./showing.mjs";

const LARGEST = 512 * 1024 * 1024;

const form = part("form", HTMLFormElement);
const [said, working] = [part("said", HTMLElement), part("working", HTMLElement)];
const [progress, report] = [part("progress", HTMLProgressElement), part("report", HTMLElement)];
let busy = false;

form.hidden = false;
form.addEventListener("change", () => {
  part("own", HTMLElement).hidden = new FormData(form).get("source") !== "own";
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!busy) void verify();
});

/** What is told while the verifier works, and when it cannot. @param {string} sentence */
function tell(sentence) {
  said.textContent = sentence;
  said.hidden = !sentence;
}

async function verify() {
  busy = true;
  report.hidden = true;
  try {
    const fields = new FormData(form);
    const code = typed(String(fields.get("session") ?? ""));
    tell(text("page.reading"));
    const data = fields.get("source") === "own" ? await chosen(fields.get("file")) : await published();
    tell(text("page.working"));
    progress.removeAttribute("value");
    working.hidden = false;
    const found = await employ("record", { data, code }, (done, total) => {
      [progress.max, progress.value] = [Math.max(total, 1), done];
    });
    tell(text("page.done"));
    show(found);
  } catch (error) {
    tell(error instanceof Invalid ? sentenceOf(error.code) : text("page.code.client.fault"));
  } finally {
    working.hidden = true;
    busy = false;
  }
}

/** The code in its printed form; null where none was typed. @param {string} given */
function typed(given) {
  return given.trim() ? parseCode(given) : null;
}

/** @param {FormDataEntryValue | null} file */
async function chosen(file) {
  if (!(file instanceof File) || !file.size) throw new Invalid("page.no_file");
  if (file.size > LARGEST) throw new Invalid("verify.too_large");
  return new Uint8Array(await file.arrayBuffer());
}

/** This site's own record. */
async function published() {
  /** @type {Response | null} */
  const answer = await fetch("/record.zip", { credentials: "omit", cache: "no-store" }).catch(() => null);
  if (!answer) throw new Invalid("page.offline");
  if (!answer.ok) throw new Invalid("page.not_published");
  if (Number(answer.headers.get("content-length")) > LARGEST) throw new Invalid("verify.too_large");
  return new Uint8Array(await answer.arrayBuffer());
}
