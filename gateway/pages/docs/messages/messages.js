// The messages between the services, from the AsyncAPI document; the fields of one from its JSON Schema, when it is opened.
"use strict";

const service = document.getElementById("service");
const words = document.getElementById("words");
const list = document.getElementById("messages");
const count = document.getElementById("count");

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// Text with `code` in it, as nodes.
function prose(text) {
  return text.split("`").map((part, index) => (index % 2 ? element("code", { textContent: part }) : part));
}

async function read(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

// The services that send (or receive) each message type.
function servicesOf(operations, action) {
  const found = {};
  for (const operation of Object.values(operations)) {
    if (operation.action !== action) continue;
    const type = operation.channel.$ref.replace("#/channels/", "");
    (found[type] ??= []).push(...operation.tags.map((tag) => tag.name));
  }
  return found;
}

function nameOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(nameOf).join(" or ");
  if (schema.type === "array") return `list of ${schema.items ? nameOf(schema.items) : "anything"}`;
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(", ");
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : (schema.type ?? "anything");
  return schema.format ? `${type} (${schema.format})` : type;
}

function fieldsOf(schema) {
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const optional = (schema.required ?? []).includes(name) ? "" : "optional";
    return element("tr", {}, element("td", {}, element("code", { textContent: name })),
      element("td", { textContent: nameOf(field) }), element("td", { textContent: optional }));
  });
  const heads = ["field", "type", ""].map((textContent) => element("th", { textContent, scope: "col" }));
  return element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
}

async function fill(body, type) {
  const address = `${type}.json`;
  try {
    const schema = await read(address);
    const parts = Object.entries(schema.$defs ?? {}).flatMap(([name, part]) =>
      part.properties ? [element("p", {}, element("strong", { textContent: name })), fieldsOf(part)] : []);
    body.append(element("p", {}, element("a", { href: address, textContent: "JSON Schema" })), fieldsOf(schema), ...parts);
  } catch (error) {
    body.append(element("p", { textContent: `The fields could not be read (${error.message}).` }));
  }
}

function entry(type, channel, senders, receivers) {
  const kind = channel.messages[type].summary.toLowerCase();
  const body = element("div", { className: "body" },
    element("p", { textContent: `Sent by ${senders.join(", ")}.` }),
    element("p", { textContent: receivers.length ? `Handled by ${receivers.join(", ")}.` : "No service handles it." }));
  const made = element("details", { id: type },
    element("summary", {}, element("code", { textContent: type }),
      element("span", { className: `kind ${kind}`, textContent: kind }),
      element("span", {}, ...prose(channel.description))), body);
  made.dataset.services = [...senders, ...receivers].join(" ");
  made.dataset.text = `${type} ${channel.description}`.toLowerCase();
  made.addEventListener("toggle", () => made.open && fill(body, type), { once: true });
  return made;
}

function choose() {
  const wanted = words.value.trim().toLowerCase();
  let shown = 0;
  for (const each of list.children) {
    const fits = !service.value || each.dataset.services.split(" ").includes(service.value);
    each.hidden = !(fits && each.dataset.text.includes(wanted));
    shown += !each.hidden;
  }
  count.textContent = `${shown} of ${list.children.length} messages`;
}

function open() {
  const chosen = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (chosen instanceof HTMLDetailsElement) {
    chosen.open = true;
    chosen.scrollIntoView();
  }
}

async function start() {
  try {
    const all = await read("asyncapi.json");
    document.getElementById("about").textContent = all.info.description.split("\n\n")[0];
    const senders = servicesOf(all.operations, "send");
    const receivers = servicesOf(all.operations, "receive");
    for (const [type, channel] of Object.entries(all.channels).sort()) {
      list.append(entry(type, channel, senders[type] ?? [], receivers[type] ?? []));
    }
    choose();
    open();
  } catch (error) {
    count.textContent = `The messages could not be read (${error.message}).`;
  }
}

service.addEventListener("change", choose);
words.addEventListener("input", choose);
addEventListener("hashchange", open);
start();
