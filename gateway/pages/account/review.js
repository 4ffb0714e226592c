// The words of a review: fields to write them, and what the shop says of them.
import { element } from "./show.js";

const STARS = [5, 4, 3, 2, 1];
const STATES = { published: "It is on the page.", pending: "We read it before it is shown.", rejected: "It is not shown." };

export const stateOf = ({ status, message }) => message || STATES[status] || "";

/** `prefix` keeps ids apart where a page has several of them. */
export function reviewFields(prefix, { stars, title = "", text = "" } = {}) {
  const radios = STARS.map((value) => element("label", {},
    element("input", { type: "radio", name: "stars", value, required: true, checked: value === stars }),
    `${"★".repeat(value)} (${value} of 5)`,
  ));
  return [
    element("fieldset", { className: "plain stars" }, element("legend", { textContent: "Stars" }), ...radios),
    element("label", { htmlFor: `${prefix}-title-field`, textContent: "In a few words" }),
    element("input", { id: `${prefix}-title-field`, name: "title", required: true, maxLength: 120, defaultValue: title }),
    element("label", { htmlFor: `${prefix}-text`, textContent: "How do you like it?" }),
    element("textarea", { id: `${prefix}-text`, name: "text", required: true, maxLength: 5000, rows: 5, defaultValue: text }),
  ];
}

export const askedOf = ({ stars, title, text }) => ({ stars: Number(stars), title, text });
