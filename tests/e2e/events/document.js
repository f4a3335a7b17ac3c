// What an AsyncAPI document promises of each topic, read as any consumer would: by the document alone.
"use strict";

const fs = require("node:fs");
const Ajv = require("ajv");
const addFormats = require("ajv-formats");
const yaml = require("js-yaml");
const protobuf = require("protobufjs");

class Document {
  constructor(path, prefix) {
    this.content = yaml.load(fs.readFileSync(path, "utf8"));
    this.ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
    // Pointers to messages, by type, by the name of the topic.
    this.topics = new Map();
    for (const channel of Object.values(this.content.channels)) {
      const types = new Map();
      for (const message of Object.values(channel.messages)) {
        types.set(this.find(message.$ref).name, message.$ref);
      }
      this.topics.set(channel.address.replace("{prefix}", prefix), types);
    }
    this.decoders = new Map();
    this.validators = new Map();
  }

  find(pointer) {
    const steps = pointer.replace(/^#\//, "").split("/");
    return steps.reduce((at, step) => at[step.replaceAll("~1", "/").replaceAll("~0", "~")], this.content);
  }

  validator(pointer) {
    if (!this.validators.has(pointer)) {
      const components = { schemas: this.content.components.schemas };
      this.validators.set(pointer, this.ajv.compile({ ...this.find(pointer), components }));
    }
    return this.validators.get(pointer);
  }

  decoder(pointer) {
    if (!this.decoders.has(pointer)) {
      const message = this.find(pointer);
      const { root, imports = [] } = protobuf.parse(message.payload.schema, { keepCase: true });
      for (const file of imports) root.addJSON(protobuf.common.get(file).nested);
      root.resolveAll();
      this.decoders.set(pointer, root.lookupType(message.title));
    }
    return this.decoders.get(pointer);
  }

  // What is not as promised, of a message of Kafka with headers as text.
  complaints(topic, type, headers, key, value) {
    const types = this.topics.get(topic);
    if (!types) return [`no channel has the topic ${topic}`];
    const pointer = types.get(type);
    if (!pointer) return [`the channel of ${topic} has no message ${type}`];
    const found = [];
    const check = (schema, what, name) => {
      const validate = this.validator(schema);
      if (!validate(what)) found.push(`${type}: ${name}: ${this.ajv.errorsText(validate.errors)}`);
    };
    check(`${pointer}/headers`, headers, "headers");
    if (key !== null) check(`${pointer}/bindings/kafka/key`, key, "key");
    const decoder = this.decoder(pointer);
    // What the schema does not name is lost on the way through it.
    const again = decoder.encode(decoder.decode(value)).finish();
    if (Buffer.compare(Buffer.from(again), value) !== 0) found.push(`${type}: the value holds more than its schema`);
    return found;
  }
}

module.exports = { Document };
