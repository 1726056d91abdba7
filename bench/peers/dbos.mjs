// Arguments: port, URL of a PostgreSQL database. DBOS workflows behind a plain HTTP server: one
// that passes its input through ten durable steps, one through three, one with a step for each of
// so many items.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { DBOS } from "@dbos-inc/dbos-sdk";

const [port, database] = process.argv.slice(2);

const inARow = (count) => async (input) => {
  let value = input;
  for (let i = 0; i < count; i++) {
    const given = value;
    value = await DBOS.runStep(async () => given, { name: `step${i}` });
  }
  return value;
};

const fan = async (count) => {
  const steps = Array.from({ length: count }, (_, n) =>
    DBOS.runStep(async () => n, { name: `item${n}` }));
  return (await Promise.all(steps)).length;
};

const workflows = {};
for (const [name, body] of Object.entries({ hop: inARow(10), calls: inARow(3), fan })) {
  workflows[`/${name}`] = DBOS.registerWorkflow(body, { name });
}
DBOS.setConfig({ name: "bench", systemDatabaseUrl: database, logLevel: "error" });
await DBOS.launch();

createServer(async (request, response) => {
  try {
    const workflow = workflows[request.url];
    const output = await workflow(JSON.parse(await text(request)));
    response.setHeader("Content-Type", "application/json").end(JSON.stringify(output));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}).listen(Number(port), "127.0.0.1");
