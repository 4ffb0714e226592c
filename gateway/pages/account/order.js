// One order, as it happens: read once, then again whenever the socket tells of something new.
import { get, post, Problem, signedIn, toSignIn } from "./api.js";
import { onSubmit } from "./forms.js";
import { askedOf, reviewFields, stateOf } from "./review.js";
import { follow } from "./live.js";
import { $, country, day, element, moment, money, navigation, safeLink, showProblem } from "./show.js";
import { canBeCanceled, canBeReturned, mustConfirm, statusWord, STEPS, stepsDone, wasDeclined } from "./status.js";

if (!signedIn()) await toSignIn();
navigation();

const [, id, wants] = /^\/account\/orders\/([\w-]+)\/(?:(payment|review)\/)?$/.exec(location.pathname) ?? [];
const path = `/api/v1/orders/${id}/`;
let order;
let soon = null;

// Doing

onSubmit($("pay-form"), async (chosen) => {
  await post(`${path}payment/`, chosen);
  $("pay-form").reset();
  await read();
});

onSubmit($("cancel-form"), async ({ reason }) => {
  await post(`${path}cancel/`, { reason });
  await read();
});

onSubmit($("return-form"), async ({ reason, ...fields }) => {
  const lines = Object.entries(fields)
    .map(([name, value]) => ({ sku: name.slice("sku ".length), quantity: Number(value) }))
    .filter(({ quantity }) => quantity > 0);
  if (!lines.length) throw new Problem(400, { detail: "Say how many of which item you send back." });
  await post("/api/v1/returns/", { order_id: id, lines, reason });
  $("return").open = false;
  $("return-form").reset();
  await read();
});

onSubmit($("review-form"), async ({ product_id, ...given }) => {
  const review = await post("/api/v1/reviews/", { product_id, ...askedOf(given) });
  $("review-sent").textContent = `Thank you! ${stateOf(review)}`;
  $("review-sent").hidden = false;
  $("review-form").reset();
});
$("review-fields").replaceChildren(...reviewFields("review"));

try {
  await read();
  if (wants === "payment" && !$("pay").hidden) $("pay-title").focus();
  if (wants === "review" && !$("review").hidden) {
    $("review").open = true;
    $("review-title").focus();
  }
  follow(onFrame, onState);
} catch (problem) {
  showProblem(problem);
}

// Reading

async function read() {
  const [told, steps, returns] = await Promise.all([
    get(path),
    get(`${path}timeline/`),
    get(`/api/v1/returns/?order_id=${id}&page_size=100`),
  ]);
  order = told;
  showHead();
  showPayment();
  showParcel();
  showLines();
  steps.forEach(showStep);
  offerReview();
  showReturns(returns.results);
  $("cancel").hidden = !canBeCanceled(order);
}

/** Several updates come at once: one read serves them all. What fails is made good by the next. */
function readSoon() {
  soon ??= setTimeout(() => {
    soon = null;
    read().catch(() => {});
  }, 150);
}

function onFrame({ type, data }) {
  if (data.order_id !== id) return;
  if (type === "order.progressed") showStep({ ...data, at: data.occurred_at });
  readSoon();
}

function onState(connected) {
  $("live").textContent = connected ? "Live" : "Reconnecting";
  $("live").classList.toggle("on", connected);
  if (!connected) readSoon(); // without a socket each try to connect brings the page up to date
}

// Showing

function showHead() {
  document.title = document.title.replace(/^Order[^·]*/, `Order ${order.number} `);
  $("title").textContent = `Order ${order.number}`;
  $("placed").textContent = `Placed on ${day(order.placed_at)}`;
  say($("status"), statusWord(order));
  say($("message"), order.message);
  const done = stepsDone(order);
  $("progress").hidden = done === null;
  $("progress").replaceChildren(...STEPS.map((textContent, index) => {
    const step = element("li", { textContent, className: index < done ? "done" : "" });
    if (index === done - 1) step.setAttribute("aria-current", "step");
    return step;
  }));
}

function showPayment() {
  const { payment, total } = order;
  const target = mustConfirm(order) ? safeLink(payment.action_url) : "";
  // A bank transfer leads to this page: what there is to do is in the order's message.
  const bank = target && new URL(target).pathname !== location.pathname ? target : "";
  $("pay").hidden = !(mustConfirm(order) || wasDeclined(order));
  const title = bank ? "Confirm the payment at your bank, or pay another way" : "Pay as described above, or another way";
  say($("pay-title"), mustConfirm(order) ? title : "Pay another way");
  $("pay-until").textContent = payment.pay_until ? `We keep your items for you until ${moment(payment.pay_until)}.` : "";
  $("bank").hidden = !bank;
  $("bank-link").href = bank;
  $("pay-total").textContent = money(total);
}

function showParcel() {
  const { tracking } = order;
  $("tracking").hidden = !tracking;
  if (!tracking) return;
  $("carrier").textContent = tracking.carrier_name ?? tracking.carrier;
  $("tracking-number").textContent = tracking.number;
  $("tracking-link").hidden = !safeLink(tracking.url);
  $("tracking-link").href = safeLink(tracking.url);
}

function showLines() {
  const { lines, address: to, subtotal, shipping, total, tax, refunded } = order;
  $("lines").replaceChildren(...lines.map((line) => tableRow(`${line.quantity} × ${line.name}`, money(line.line_total))));
  $("totals").replaceChildren(
    tableRow("Items", money(subtotal)),
    tableRow("Shipping", money(shipping)),
    tableRow("Total", money(total), "total"),
    tableRow("Including tax", money(tax), "soft"),
  );
  if (refunded.amount) $("totals").append(tableRow("Refunded to you", money(refunded), "total"));
  const town = `${to.postal_code} ${to.city}`;
  $("address").textContent = [to.name, to.line1, to.line2, town, to.region, country(to.country)].filter(Boolean).join("\n");
}

/** Steps are numbered; each is shown once, in its place, whichever way it came. The newest is on top. */
function showStep({ sequence, at, message }) {
  const shown = [...$("timeline").children];
  if (shown.some((step) => step.value === sequence)) return;
  const step = element("li", { value: sequence }, element("time", { dateTime: at, textContent: moment(at) }), message);
  const older = shown.find((other) => other.value < sequence);
  if (older) older.before(step);
  else $("timeline").append(step);
}

function showReturns(returns) {
  $("returns").hidden = returns.length === 0;
  $("return-list").replaceChildren(...returns.map((back) => {
    const what = back.lines.map(({ quantity, name }) => `${quantity} × ${name}`).join(", ");
    const shown = element("li", {}, `${what}: ${back.message}`);
    const label = safeLink(back.label_url);
    const print = { href: label, textContent: "Print the label", target: "_blank", rel: "noopener noreferrer" };
    if (label && back.status === "approved") shown.append(" ", element("a", print));
    return shown;
  }));
  const given = returns.filter(({ status }) => status !== "rejected").flatMap(({ lines }) => lines);
  const left = order.lines.map((line) => {
    const gone = given.filter(({ sku }) => sku === line.sku).reduce((sum, { quantity }) => sum + quantity, 0);
    return { ...line, quantity: line.quantity - gone };
  });
  offerReturn(left.filter(({ quantity }) => quantity > 0));
}

/** What has arrived can be reviewed, each product once. */
function offerReview() {
  const products = new Map(order.lines.map(({ product_id, name }) => [product_id, name]));
  $("review").hidden = order.status !== "delivered";
  if ($("product").options.length === products.size) return;
  $("product").replaceChildren(...[...products].map(([value, textContent]) => element("option", { value, textContent })));
}

/** The fields stay as they are while nothing changes: somebody may be filling them in. */
function offerReturn(lines) {
  $("return").hidden = !(canBeReturned(order) && lines.length);
  const fields = lines.map(({ sku, name, quantity }) => element("label", { className: "quantity" },
    `${name} (up to ${quantity})`,
    element("input", { name: `sku ${sku}`, type: "number", min: 0, max: quantity, value: lines.length > 1 ? 0 : 1 }),
  ));
  const same = $("return-lines").textContent === fields.map((field) => field.textContent).join("");
  if (!same) $("return-lines").replaceChildren(...fields);
}

function tableRow(name, value, className = "") {
  return element("tr", { className }, element("th", { scope: "row", textContent: name }), element("td", {}, value));
}

/** Only what changes is set, so that a screen reader says it once. */
function say(target, sentence) {
  if (target.textContent !== sentence) target.textContent = sentence;
}
