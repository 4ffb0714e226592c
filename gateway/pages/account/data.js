import { get, post, signedIn, toSignIn } from "./api.js";
import { onSubmit } from "./forms.js";
import { $, element, moment, navigation, showProblem } from "./show.js";

if (!signedIn()) await toSignIn();
navigation();

const PATH = "/api/v1/users/me/exports/";
const PAUSE = 2_000;

try {
  const [newest] = await get(PATH);
  if (newest) await follow(newest);
} catch (problem) {
  showProblem(problem);
}

onSubmit($("form"), async () => follow(await post(PATH)));

/** Shows how far it is until it is ready. */
async function follow(copy) {
  $("file").replaceChildren();
  while (copy.status !== "ready") {
    $("state").textContent = `Still waiting for: ${copy.waits_for.join(", ")}. You may leave this page.`;
    await new Promise((done) => setTimeout(done, PAUSE));
    copy = await get(`${PATH}${copy.id}/`);
  }
  $("state").textContent = `Ready. It is kept until ${moment(copy.expires_at)}.`;
  const button = element("button", { type: "button", textContent: "Download" });
  button.addEventListener("click", () => download(copy).catch(showProblem));
  $("file").replaceChildren(button);
}

/** The file needs the access token, so it comes by a request of ours. */
async function download(copy) {
  const text = JSON.stringify(await get(`${PATH}${copy.id}/download/`), null, 2);
  const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  element("a", { href, download: `souk-data-${copy.requested_at.slice(0, 10)}.json` }).click();
  URL.revokeObjectURL(href);
}
