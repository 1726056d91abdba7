// Argument: port. A Restate service whose handler passes its input through ten durable steps.
import * as restate from "@restatedev/restate-sdk";

const bench = restate.service({
  name: "bench",
  handlers: {
    hop: async (context, input) => {
      let value = input;
      for (let i = 0; i < 10; i++) value = await context.run(`step${i}`, () => value);
      return value;
    },
  },
});

restate.serve({ services: [bench], port: Number(process.argv[2]) });
