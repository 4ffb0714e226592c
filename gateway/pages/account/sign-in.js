import { signIn, signedIn } from "./api.js";
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
  location.assign(next);
});
