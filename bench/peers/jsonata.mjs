// Arguments: folder, seconds, the jsonata package. The reference on the same expressions and
// documents: prints `name rate`, the median of three runs.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, seconds, place] = process.argv.slice(2);
const jsonata = createRequire(import.meta.url)(place);
const read = (name) => JSON.parse(readFileSync(`${folder}/${name}.json`, "utf8"));

async function rate(expression, input, limitMs) {
  const began = performance.now();
  let batch = 1;
  for (let count = 0; ; ) {
    for (let i = 0; i < batch; i++) await expression.evaluate(input);
    count += batch;
    const passed = performance.now() - began;
    if (passed >= limitMs) return (count / passed) * 1000;
    if (passed < limitMs / 50) batch *= 2;
  }
}

for (const [name, document, text] of read("exprs")) {
  const expression = jsonata(text);
  const input = read(document);
  await rate(expression, input, Number(seconds) * 500);
  const rates = [];
  for (let i = 0; i < 3; i++) rates.push(await rate(expression, input, Number(seconds) * 1000));
  rates.sort((a, b) => a - b);
  console.log(`${name} ${rates[1]}`);
}
