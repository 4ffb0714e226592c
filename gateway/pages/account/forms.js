// Forms that send themselves. A problem's sentences stand beside their fields, all others above the button.
import { element } from "./show.js";

/** `send(values)` may throw a Problem; while it runs the form cannot be sent again. */
export function onSubmit(form, send) {
  const button = form.querySelector("button:not([type=button])");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clear(form);
    button.disabled = true;
    try {
      await send(Object.fromEntries(new FormData(form)));
    } catch (problem) {
      if (problem.status === undefined) console.error(problem);
      tell(form, button, problem);
    } finally {
      button.disabled = false;
    }
  });
}

/** Shows one part of a page in place of another, and lets it be read out. */
export function swap(old, next) {
  old.hidden = true;
  next.hidden = false;
  next.tabIndex = -1;
  next.focus();
}

function tell(form, button, problem) {
  const general = [];
  for (const { field, detail } of problem.errors?.length ? problem.errors : [{ field: "", detail: problem.message }]) {
    const input = form.elements.namedItem(field.replace(/^new_/, "") || "-");
    if (input instanceof HTMLElement && input.id) beside(input, detail);
    else general.push(detail);
  }
  if (general.length) {
    button.before(element("p", { className: "error", role: "alert", textContent: general.join(" ") }));
  }
  form.querySelector("[aria-invalid]")?.focus();
}

function beside(input, sentence) {
  const id = `${input.id}-error`;
  const told = document.getElementById(id);
  if (told) {
    told.append(` ${sentence}`);
    return;
  }
  input.after(element("p", { id, className: "error", textContent: sentence }));
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-errormessage", id);
  input.setAttribute("aria-describedby", id);
}

function clear(form) {
  form.querySelectorAll(".error").forEach((told) => told.remove());
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    for (const name of ["aria-invalid", "aria-errormessage", "aria-describedby"]) input.removeAttribute(name);
  }
}
