// How things are shown: elements, money, times, problems. Text is always set as text, never as HTML.
import { signOut } from "./api.js";

export const $ = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// Decimals of the currencies that do not have two (ISO 4217), as in chassis/money.py; browsers do not agree on them.
const DECIMALS = {
  BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, UYI: 0, VND: 0, VUV: 0,
  XAF: 0, XOF: 0, XPF: 0, BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3, CLF: 4, UYW: 4,
};

/** From minor units, by their digits: no float comes near money. */
export function money({ amount, currency }) {
  const decimals = DECIMALS[currency] ?? 2;
  const digitsShown = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency, ...digitsShown });
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
  const links = {
    "/account/orders/": "My orders",
    "/account/reviews/": "My reviews",
    "/account/preferences/": "Messages",
    "/account/data/": "My data",
  };
  const ways = Object.entries(links).map(([href, textContent]) => element("a", { href, textContent }));
  $("navigation").replaceChildren(...ways, out);
}

/** The secret of a mail's link; the address bar and the history forget it at once. */
export function mailToken() {
  const token = new URLSearchParams(location.search).get("token") ?? "";
  history.replaceState(null, "", location.pathname);
  return token;
}
