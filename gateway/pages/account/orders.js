import { get, signedIn, toSignIn } from "./api.js";
import { $, day, element, money, navigation, showProblem } from "./show.js";
import { statusWord } from "./status.js";

if (!signedIn()) await toSignIn();
navigation();

let next = "/api/v1/orders/";
$("more").addEventListener("click", showMore);
await showMore();

async function showMore() {
  try {
    const page = await get(next);
    $("orders").append(...page.results.map(row));
    $("none").hidden = $("orders").childElementCount > 0;
    next = page.next && page.next.replace(/^https?:\/\/[^/]+/, "");
    $("more").hidden = !next;
  } catch (problem) {
    showProblem(problem);
  }
}

function row(order) {
  const units = order.lines.map(({ quantity, name }) => (quantity > 1 ? `${quantity} × ${name}` : name)).join(", ");
  return element("li", {},
    element("a", { href: `/account/orders/${order.id}/` },
      element("strong", { textContent: `Order ${order.number}` }),
      element("span", {}, element("span", { className: "badge", textContent: statusWord(order) })),
      element("span", { className: "soft", textContent: `${day(order.placed_at)}: ${units}` }),
      element("span", { textContent: money(order.total) }),
    ),
  );
}
