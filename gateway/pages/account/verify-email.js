import { askAsWhoever } from "./api.js";
import { swap } from "./forms.js";
import "./mail-form.js";
import { $, mailToken } from "./show.js";

try {
  await askAsWhoever("POST", "/api/v1/auth/verify/", { token: mailToken() });
  swap($("working"), $("done"));
} catch (problem) {
  $("reason").textContent = problem.code === "invalid_input" ? "The link is not complete." : problem.message;
  swap($("working"), $("failed"));
}
