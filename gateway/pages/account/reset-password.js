import { ask } from "./api.js";
import { onSubmit, swap } from "./forms.js";
import { $, mailToken } from "./show.js";

const token = mailToken();
if (!token) swap($("asking"), $("incomplete"));
onSubmit($("form"), async ({ password }) => {
  await ask("POST", "/api/v1/auth/password/reset/confirm/", { token, new_password: password });
  swap($("asking"), $("done"));
});
