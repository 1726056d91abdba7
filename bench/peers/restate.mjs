// Argument: port. Restate services: a handler that passes its input through ten durable steps, one
// that calls another service's three times, one that calls it for each of so many items.
import * as restate from "@restatedev/restate-sdk";

const echo = restate.service({
  name: "echo",
  handlers: { call: async (context, input) => input },
});

const bench = restate.service({
  name: "bench",
  handlers: {
    hop: async (context, input) => {
      let value = input;
      for (let i = 0; i < 10; i++) value = await context.run(`step${i}`, () => value);
      return value;
    },
    calls: async (context, input) => {
      let value = input;
      for (let i = 0; i < 3; i++) value = await context.serviceClient(echo).call(value);
      return value;
    },
    fan: async (context, count) => {
      const client = context.serviceClient(echo);
      const calls = Array.from({ length: count }, (_, n) => client.call({ n }));
      return (await restate.RestatePromise.all(calls)).length;
    },
  },
});

restate.serve({ services: [echo, bench], port: Number(process.argv[2]) });
