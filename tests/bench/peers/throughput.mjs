// node throughput.mjs IMPLEMENTATION CONCURRENT TOTAL: TOTAL chains, so many at once. Without a warm-up if all of them
// are started at once.
import { cpuMs, peakMb, quantile, reply, report } from './measure.mjs';
import { implementations } from './three_steps.mjs';

const [name, concurrent, total] = [process.argv[2], +process.argv[3], +process.argv[4]];
const run = await implementations[name]();

if (concurrent < total) for (let i = 0; i < Math.min(300, total); i++) await run(`warm ${i}`);
else await run('warm');

let started = 0, bad = 0;
const latencies = [];
async function worker() {
  while (started < total) {
    const begin = performance.now();
    try {
      if ((await run(`topic ${++started}`)) !== reply) bad++;
    } catch (error) {
      if (bad++ === 0) console.error(String(error?.cause ?? error).slice(0, 200));
    }
    latencies.push(performance.now() - begin);
  }
}

const begin = performance.now(), cpuBegin = cpuMs();
await Promise.all(Array.from({ length: Math.min(concurrent, total) }, worker));
const wall = (performance.now() - begin) / 1000;

report({
  impl: name, conc: concurrent, total, bad, wall_s: wall, chains_per_s: total / wall,
  cpu_ms_per_chain: (cpuMs() - cpuBegin) / total,
  p50_ms: quantile(latencies, 0.5), p99_ms: quantile(latencies, 0.99), maxrss_mb: peakMb(),
});
