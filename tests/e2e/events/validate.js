// Validates an AsyncAPI document with the public parser: validate.js DOCUMENT...
// Prints each complaint; exits 1 when there is one that is more than a hint.
"use strict";

const fs = require("node:fs");
const { Parser } = require("@asyncapi/parser");
const { ProtoBuffSchemaParser } = require("@asyncapi/protobuf-schema-parser");

const HINT = 2; // Below it are warnings and errors.

async function complaints(path) {
  const parser = new Parser();
  parser.registerSchemaParser(ProtoBuffSchemaParser());
  const { document, diagnostics } = await parser.parse(fs.readFileSync(path, "utf8"), { source: path });
  const found = diagnostics.filter((one) => one.severity < HINT);
  for (const one of diagnostics) {
    console.log(`${path}:${one.range.start.line + 1}: ${one.severity < HINT ? "" : "hint: "}${one.message} (${one.code})`);
  }
  if (document) {
    const messages = document.allMessages().all();
    console.log(`${path}: ${document.allChannels().all().length} channels, ${messages.length} messages`);
    if (messages.some((message) => !message.payload())) return 1;
  }
  return document ? found.length : 1;
}

(async () => {
  let wrong = 0;
  for (const path of process.argv.slice(2)) wrong += await complaints(path);
  process.exitCode = wrong === 0 ? 0 : 1;
})();
