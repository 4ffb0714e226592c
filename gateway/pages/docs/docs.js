// One page for the OpenAPI documents of all services. The service is in the address, so that it can be linked to.
"use strict";

const services = ["users", "products", "orders", "payments", "shipping", "notifications", "reviews"];
const asked = new URLSearchParams(location.search).get("service");
const chosen = services.includes(asked) ? asked : services[0];

const select = document.getElementById("service");
for (const name of services) {
  select.add(new Option(name, name, name === chosen, name === chosen));
}
select.addEventListener("change", () => {
  location.search = `?service=${select.value}`;
});

SwaggerUIBundle({
  url: `/api/v1/schemas/${chosen}/`,
  dom_id: "#documents",
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: true,
});
