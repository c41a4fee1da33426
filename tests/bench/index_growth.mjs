#!/usr/bin/env node
// An index of 10,000 and of 100,000 passages, built and searched by the program alone: what it takes, and how that grows.
//   node tests/bench/index_growth.mjs build/release/bin/chain [10000 100000]
// Texts are words drawn from 60,000 made-up ones as Zipf's law has it, 60 a passage, seeded.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [program, ...sizes] = process.argv.slice(2);
if (!program) {
  console.error('which program? node tests/bench/index_growth.mjs build/release/bin/chain');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'chain-growth-'));

/// Mulberry32: the same numbers each time.
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function writeDocuments(path, count) {
  const draw = random(7);
  const syllables = ['ba', 'ce', 'di', 'fo', 'gu', 'ha', 'je', 'ki', 'lo', 'mu', 'na', 'pe', 'ri', 'so', 'tu', 'va'];
  const word = rank => {
    let text = '';
    for (let left = rank + 16; left > 0; left = Math.floor(left / 16)) text += syllables[left % 16];
    return text;
  };
  const zipf = () => word(Math.floor(Math.exp(draw() * Math.log(60000))) - 1);
  const file = openSync(path, 'w');
  for (let i = 0; i < count; i++)
    writeSync(file, JSON.stringify({ id: `d${i}`, text: Array.from({ length: 60 }, zipf).join(' ') }) + '\n');
  closeSync(file);
}

const chain = (...args) => JSON.parse(execFileSync(resolve(program), ['index', ...args, '--json'], {
  cwd: folder, env: { ...process.env, CHAIN_STATE_DIR: join(folder, 'state'), CHAIN_CACHE_DIR: join(folder, 'cache') },
  maxBuffer: 1 << 28,
}));

try {
  const rows = [];
  for (const size of sizes.length ? sizes.map(Number) : [10000, 100000]) {
    writeDocuments(join(folder, `${size}.jsonl`), size);
    writeFileSync(join(folder, `i${size}.chain`),
      `index it = jsonl("${size}.jsonl", id: "id", text: "text", chunk: record(400), embed: local_hash(384))\n`);
    const built = chain('build', `i${size}.chain`);
    const stats = chain('stats', `i${size}.chain`);
    rows.push({
      passages: stats.passages, build_s: built.seconds, build_memory_mib: built.process_memory_bytes / 2 ** 20,
      file_mib: stats.file_bytes / 2 ** 20, open_ms: stats.open_seconds * 1e3, vectors: stats.vector_kind,
      vector_mib: stats.vector_memory_bytes / 2 ** 20, recall: stats['recall@10'],
      bm25_ms: stats.bm25.p50_seconds * 1e3, vector_ms: stats.vector.p50_seconds * 1e3, hybrid_ms: stats.hybrid.p50_seconds * 1e3,
    });
    console.error(rows.at(-1));
  }
  console.log(JSON.stringify(rows));
} finally {
  rmSync(folder, { recursive: true });
}
