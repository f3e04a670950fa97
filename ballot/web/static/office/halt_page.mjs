/**
 * Closing: first a signed order stops the check-in or the round, and its answer is what the draft
 * states (docs/service.md). The same order again has the same answer, so nothing is lost halfway.
 */

import { api } from "./api.mjs";
import { keyWork } from "./key_work.mjs";
import { getKey } from "./keys.mjs";
import { onSubmit, part, say, show } from "./page.mjs";

const form = part("halt", HTMLFormElement);
const { kind = "", order = "", slot = "", session = "", role = "" } = form.dataset;

/** What the draft is given. @param {any} answer */
function given(answer) {
  if (kind === "check_in_closed") return answer;
  const papers = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("papers"));
  return { papers: papers ? Number(papers.value) : null, tablet: answer };
}

onSubmit(form, async () => {
  const [{ id }, official] = await Promise.all([api.me(), getKey("official")]);
  if (official === null) return show(part("no-key", HTMLElement), true);
  const document = { kind: order, role, session, signer: id, slot };
  const passphrase = part("passphrase", HTMLInputElement, form).value;
  const documents = [{ kind: order, document }];
  const { signatures } = await keyWork("sign", { owner: id, official, passphrase, documents });
  part("told", HTMLElement).textContent = say("act.halting");
  const answer = await api.post("/api/orders", { ...document, signature: signatures[0] });
  const about = kind === "check_in_closed" ? null : slot;
  const { digest } = await api.post("/api/drafts", { given: given(answer), kind, slot: about });
  location.assign(`/office/sign/${digest}`);
});
