// Reads all public events of an installation: a client of Kafka and a library of CloudEvents that nobody here wrote.
//   consumer.js BROKERS PREFIX DOCUMENT
// Prints one JSON object: each event as it came, and what is not as the AsyncAPI document promises.
"use strict";

const { Kafka, logLevel } = require("kafkajs");
const { Kafka: CloudEvents } = require("cloudevents");
const { Document } = require("./document.js");

// How sealed texts and keyed hashes look.
const SEALED = /[sh]1\.[A-Za-z0-9_-]{38}/;

// The offset behind the last event of each partition that holds any.
async function endsOf(admin, topics) {
  const ends = new Map();
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      if (BigInt(high) > BigInt(low)) ends.set(`${topic}/${partition}`, BigInt(high));
    }
  }
  return ends;
}

function readAll(consumer, ends, take) {
  return new Promise((resolve, reject) => {
    if (ends.size === 0) resolve();
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    consumer
      .run({
        autoCommit: false,
        eachMessage: async ({ topic, partition, message }) => {
          const place = `${topic}/${partition}`;
          if (!ends.has(place)) return;
          try {
            take(topic, partition, message);
          } catch (error) {
            reject(error);
          }
          if (BigInt(message.offset) + 1n >= ends.get(place)) ends.delete(place);
          if (ends.size === 0) resolve();
        },
      })
      .catch(reject);
  });
}

function eventOf(document, topic, partition, message, problems) {
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [name, value.toString("utf8")]));
  const key = message.key === null ? null : message.key.toString("utf8");
  // The library takes the key for `partitionkey`.
  const event = CloudEvents.toEvent({ headers, key: key ?? undefined, value: message.value });
  const where = `${topic}/${partition} offset ${message.offset}`;
  event.validate();
  for (const complaint of document.complaints(topic, event.type, headers, key, message.value)) {
    problems.push(`${where}: ${complaint}`);
  }
  if (SEALED.test(message.value.toString("latin1"))) problems.push(`${where}: ${event.type} holds a sealed text`);
  if ((headers.ce_partitionkey ?? null) !== key) problems.push(`${where}: partitionkey is not the key`);
  return { topic, partition, id: event.id, type: event.type, source: event.source, subject: event.subject ?? null, key,
    traceparent: event.traceparent ?? null };
}

async function main([brokers, prefix, path]) {
  const document = new Document(path, prefix);
  const kafka = new Kafka({ clientId: "consumer", brokers: brokers.split(","), logLevel: logLevel.ERROR });
  const admin = kafka.admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((name) => name.startsWith(prefix) && name.endsWith(".events"));
  const ends = await endsOf(admin, topics);
  await admin.disconnect();
  const problems = [];
  for (const topic of document.topics.keys()) if (!topics.includes(topic)) problems.push(`there is no topic ${topic}`);
  for (const topic of topics) if (!document.topics.has(topic)) problems.push(`no channel has the topic ${topic}`);
  const consumer = kafka.consumer({ groupId: `${prefix}consumer-${process.pid}` });
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  const events = [];
  await readAll(consumer, ends, (topic, partition, message) => {
    events.push(eventOf(document, topic, partition, message, problems));
  });
  await consumer.disconnect();
  process.stdout.write(JSON.stringify({ events, problems }));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
