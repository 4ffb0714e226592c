// A form after which a mail follows: <form data-send="/api/v1/..."> in one section, and a section "sent" beside it.
import { ask } from "./api.js";
import { onSubmit, swap } from "./forms.js";
import { $ } from "./show.js";

for (const form of document.querySelectorAll("form[data-send]")) {
  onSubmit(form, async (values) => {
    await ask("POST", form.dataset.send, values);
    swap(form.closest("section"), $("sent"));
  });
}
