import { get, patch, signedIn, toSignIn } from "./api.js";
import { onSubmit } from "./forms.js";
import { askedOf, reviewFields, stateOf } from "./review.js";
import { $, element, moment, navigation, showProblem } from "./show.js";

if (!signedIn()) await toSignIn();
navigation();

let next = "/api/v1/reviews/mine/";
$("more").addEventListener("click", showMore);
await showMore();

async function showMore() {
  try {
    const page = await get(next);
    $("reviews").append(...page.results.map(shown));
    $("none").hidden = $("reviews").childElementCount > 0;
    next = page.next && page.next.replace(/^https?:\/\/[^/]+/, "");
    $("more").hidden = !next;
  } catch (problem) {
    showProblem(problem);
  }
}

function shown(review) {
  const { id, product_name, stars, title, text, reply } = review;
  const form = element("form", { method: "post" }, ...reviewFields(id, review), element("button", { textContent: "Keep my words" }));
  const section = element("section", { className: "panel" },
    element("h2", { textContent: product_name }),
    element("p", {}, `${"★".repeat(stars)} `, element("strong", { textContent: title })),
    element("p", { textContent: text }),
    element("p", { className: "soft", textContent: stateOf(review) }),
    ...(reply ? [element("p", { textContent: `Our answer (${moment(reply.replied_at)}): ${reply.text}` })] : []),
    element("details", {}, element("summary", { textContent: "Change it" }), form),
  );
  onSubmit(form, async (given) => {
    section.replaceWith(shown(await patch(`/api/v1/reviews/${id}/`, askedOf(given))));
  });
  return section;
}
