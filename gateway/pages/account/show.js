// How things are shown: elements, money, times, problems. Text is always set as text, never as HTML.
import { signOut } from "./api.js";

export const $ = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** From minor units, by their digits: no float comes near money. */
export function money({ amount, currency }) {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
  const decimals = format.resolvedOptions().maximumFractionDigits;
  const digits = String(Math.abs(amount)).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  return format.format(`${amount < 0 ? "-" : ""}${whole}.${digits.slice(whole.length) || 0}`);
}

export const day = (iso) => new Date(iso).toLocaleDateString(undefined, { dateStyle: "long" });
export const moment = (iso) => new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

export const country = (code) => new Intl.DisplayNames(undefined, { type: "region" }).of(code);

/** A link that came from a provider is taken only when it is http(s). */
export function safeLink(address) {
  return /^https?:\/\//i.test(address ?? "") ? address : "";
}

/** In place of a page that cannot be shown. */
export function showProblem(problem) {
  $("page").replaceChildren(
    element("h1", { textContent: problem.status === 404 ? "We do not find this" : "That did not work" }),
    element("p", { role: "alert", textContent: problem.message }),
    element("p", {}, element("a", { href: "/account/orders/", textContent: "My orders" })),
  );
}

/** Above the page: a way home, and out. */
export function navigation() {
  const out = element("button", { type: "button", className: "link", textContent: "Sign out" });
  out.addEventListener("click", async () => {
    await signOut();
    location.assign("/account/sign-in/");
  });
  $("navigation").replaceChildren(element("a", { href: "/account/orders/", textContent: "My orders" }), out);
}

/** The secret of a mail's link; the address bar and the history forget it at once. */
export function mailToken() {
  const token = new URLSearchParams(location.search).get("token") ?? "";
  history.replaceState(null, "", location.pathname);
  return token;
}
