// One BullMQ cycle after the other: cycle.js PORT WORKERS SECONDS; prints cycles per second.
import { Queue, Worker } from "bullmq";

const [port, workers, seconds] = process.argv.slice(2).map(Number);
const connection = { host: "127.0.0.1", port };
const queue = new Queue("work", { connection });
const result = "r".repeat(200);
const waiting = [];
const ended = [];

// Whoever waits longest hears of the next completion, whichever job it was.
function completed() {
  const next = waiting.shift();
  if (next) next();
  else ended.push(true);
}

function nextCompletion() {
  return ended.pop() ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
}

const worker = new Worker("work", async () => result, { connection, concurrency: workers });
worker.on("completed", completed);
await worker.waitUntilReady();

let cycles = 0;
let running = true;

async function produce() {
  while (running) {
    await queue.add("task", { instructions: "x".repeat(300) });
    await nextCompletion();
    cycles += 1;
  }
}

for (let i = 0; i < workers; i += 1) produce();
await new Promise((resolve) => setTimeout(resolve, 2000));
const before = cycles;
const begun = performance.now();
await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
console.log(((cycles - before) / ((performance.now() - begun) / 1000)).toFixed(1));
running = false;
process.exit(0);
