// Validate an AsyncAPI document with the official parser: node validate.cjs <folder of node_modules> <document>
"use strict";

const { createRequire } = require("node:module");
const path = require("node:path");

const [folder, document] = process.argv.slice(2);
const { Parser, fromFile } = createRequire(path.join(folder, "index.js"))("@asyncapi/parser");

fromFile(new Parser(), document)
  .parse()
  .then(({ document: parsed, diagnostics }) => {
    const wrong = diagnostics.filter(({ severity }) => severity <= 1);
    for (const { message, path: place, severity } of wrong) {
      console.error(`${severity === 0 ? "error" : "warning"} ${place.join(".")}: ${message}`);
    }
    process.exitCode = parsed && wrong.length === 0 ? 0 : 1;
  });
