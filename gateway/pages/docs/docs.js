// One page for the OpenAPI documents of all services. The service is in the address, so that it can be linked to.
"use strict";

const select = document.getElementById("service");
const services = Array.from(select.options, (option) => option.value);
const asked = new URLSearchParams(location.search).get("service");
const chosen = services.includes(asked) ? asked : services[0];
select.value = chosen;
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
