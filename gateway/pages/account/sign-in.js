import { get, put, signIn, signedIn } from "./api.js";
import { onSubmit } from "./forms.js";
import "./mail-form.js";
import { $ } from "./show.js";

const asked = new URLSearchParams(location.search).get("next") ?? "";
// Only to pages of ours: a link that was made by somebody else must not lead away from here.
const next = /^\/account\/[\w/-]*$/.test(asked) ? asked : "/account/orders/";

if (signedIn()) location.replace(next);
$("why").hidden = !asked;
onSubmit($("form"), async ({ email, password }) => {
  await signIn(email, password);
  await tellTimeZone().catch(() => {}); // mails then name times in UTC
  location.assign(next);
});

/** So that the times in mails are the reader's; whoever has chosen another zone keeps it. */
async function tellTimeZone() {
  const path = "/api/v1/notification-preferences/";
  const { time_zone } = await get(path);
  if (!time_zone) await put(path, { time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone });
}
