import { get, put, signedIn, toSignIn } from "./api.js";
import { onSubmit } from "./forms.js";
import { $, element, navigation, showProblem } from "./show.js";

if (!signedIn()) await toSignIn();
navigation();

const PATH = "/api/v1/notification-preferences/";
const ABOUT = { account: "My account", orders: "My orders", promotions: "Offers" };
const BY = { email: "by e-mail", sms: "by SMS", push: "by push message" };

try {
  show(await get(PATH));
} catch (problem) {
  showProblem(problem);
}

onSubmit($("form"), async ({ time_zone }) => {
  $("kept").textContent = "";
  const boxes = [...$("choices").querySelectorAll("input:enabled")];
  const choices = boxes.map(({ dataset, checked }) => ({ ...dataset, enabled: checked }));
  show(await put(PATH, { choices, time_zone }));
  $("kept").textContent = "We keep to it from now on.";
});

function show({ choices, time_zone }) {
  $("choices").replaceChildren(...choices.map(({ category, medium, enabled, changeable }) => {
    const box = element("input", { type: "checkbox", checked: enabled, disabled: !changeable });
    Object.assign(box.dataset, { category, medium });
    return element("label", {}, box, `${ABOUT[category] ?? category} ${BY[medium] ?? medium}`);
  }));
  $("time-zone").value = time_zone || Intl.DateTimeFormat().resolvedOptions().timeZone;
}
