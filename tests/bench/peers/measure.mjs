// What the measuring scripts share. Each prints one JSON object on one line; tests/bench/run.mjs reads it.

process.env.LANGSMITH_TRACING = 'false';
process.env.LANGCHAIN_TRACING_V2 = 'false';
process.env.AI_SDK_LOG_WARNINGS = 'false';
process.env.BAML_LOG = 'off';

/** Where the model server is; the port comes from the driver. */
export const baseUrl = `http://127.0.0.1:${process.env.BENCH_PORT ?? '0'}/v1`;
process.env.BENCH_BASE_URL = baseUrl;

/** The server's one reply, and so the result of every chain. */
export const reply = 'The quick brown fox jumps over the lazy dog.';

export const quantile = (values, q) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))];
export const median = values => quantile(values, 0.5);

/** CPU milliseconds of this process, all threads. */
export function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export const peakMb = () => process.resourceUsage().maxRSS / 1024;

/**
 * Runs `work` (async or not) in batches that take about `batchMs` each; gives the median CPU and wall time of one
 * call, in microseconds.
 */
export async function timeEach(work, { batches = 11, batchMs = 60 } = {}) {
  let calls = 1;
  for (;;) {
    const begin = performance.now();
    for (let i = 0; i < calls; i++) await work();
    const took = performance.now() - begin;
    if (took >= batchMs || calls >= 1e6) break;
    calls = took < 1 ? calls * 10 : Math.ceil((calls * batchMs * 1.1) / took);
  }
  const wall = [], cpu = [];
  for (let batch = 0; batch < batches; batch++) {
    const begin = performance.now(), cpuBegin = cpuMs();
    for (let i = 0; i < calls; i++) await work();
    cpu.push(((cpuMs() - cpuBegin) * 1000) / calls);
    wall.push(((performance.now() - begin) * 1000) / calls);
  }
  return { wall_us: median(wall), cpu_us: median(cpu) };
}

export function report(result) {
  console.log(JSON.stringify(result));
  process.exit(0);
}
