// node cold.mjs IMPLEMENTATION: one chain, then the end. The driver notes when the first request arrives.
import { reply, report } from './measure.mjs';
import { implementations } from './three_steps.mjs';

const run = await implementations[process.argv[2]]();
const text = await run('cold start');
report({ impl: process.argv[2], bad: text === reply ? 0 : 1 });
