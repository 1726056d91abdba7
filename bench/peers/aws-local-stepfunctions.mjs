// Arguments: seconds, definition, input. Runs the definition again and again, one execution after
// the other, and prints the median rate of three runs (executions a second).
import { StateMachine } from "aws-local-stepfunctions";

const [seconds, definition, input] = process.argv.slice(2);
const machine = new StateMachine(JSON.parse(definition), {
  validationOptions: { noValidate: true },
});

async function rate(limitMs) {
  const began = performance.now();
  let count = 0;
  for (;;) {
    for (let i = 0; i < 100; i++) {
      const output = await machine.run(JSON.parse(input)).result;
      if (JSON.stringify(output) !== input) throw new Error("wrong output");
    }
    count += 100;
    const passed = performance.now() - began;
    if (passed >= limitMs) return (count / passed) * 1000;
  }
}

await rate(500);
const rates = [];
for (let i = 0; i < 3; i++) rates.push(await rate(seconds * 1000));
rates.sort((a, b) => a - b);
console.log(rates[1]);
