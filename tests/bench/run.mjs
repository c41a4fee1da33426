// node run.mjs [--fast] [--only NAME,...] [--write FILE]: runs the experiments, ours and the peers' interleaved, and
// prints the table; with --write, also between the markers of FILE. scripts/bench.sh prepares what this needs:
// build/bench and build/release built, the peers installed under build/npm/bench.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { experiments } from './experiments.mjs';
import { startMock, startWatch } from './server.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const bin = join(root, 'build/bench/bin');
const release = join(root, 'build/release/bin');
const peers = join(root, 'build/npm/bench');
const repliesFolder = join(peers, 'replies');
const reply = 'The quick brown fox jumps over the lazy dog.';

const option = name => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
const fast = process.argv.includes('--fast');
const only = option('--only')?.split(',');
const timeoutMs = 10 * 60 * 1000;

const median = values => [...values].sort((a, b) => a - b)[(values.length - 1) >> 1];

/**
 * Runs a command to its end, in an environment of its own: some peers copy all of theirs at each call. Gives what it printed, or an error
 * that says why there is nothing to read.
 */
function run(command, args, env) {
  return new Promise(done => {
    const child = spawn(command, args, { cwd: peers, env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const begin = performance.now();
    let out = '', err = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.stdout.on('data', data => (out += data));
    child.stderr.on('data', data => (err += data));
    child.once('error', error => done({ error: error.message }));
    child.once('close', code => {
      clearTimeout(timer);
      done(code === 0 ? { out, ms: performance.now() - begin } : { error: `ended with ${code}: ${err.trim().split('\n').slice(-3).join(' ')}` });
    });
  });
}

/** One run of a contestant. Gives its JSON object, or {missing} or {error}. */
async function measure(contestant, server) {
  const isPeer = contestant.program === 'peer';
  const program = isPeer ? process.execPath : contestant.program;
  if (!isPeer && !existsSync(program)) return { missing: program };

  const port = String(server?.port ?? 0);
  const env = { BENCH_PORT: port, BENCH_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_API_KEY: 'sk-bench', NO_PROXY: '127.0.0.1' };
  env.CHAIN_STATE_DIR = join(peers, 'state');
  let scratch;
  if (contestant.cache === 'none') env.CHAIN_CACHE_DIR = scratch = mkdtempSync(join(os.tmpdir(), 'bench-'));
  if (contestant.cache === 'kept') env.CHAIN_CACHE_DIR = join(peers, 'artifacts');

  server?.forget?.();
  const begin = performance.now();
  const result = await run(program, contestant.args.map(arg => (arg === 'PORT' ? port : arg)), env);
  if (scratch) rmSync(scratch, { recursive: true, force: true });
  if (result.error) return result;

  try {
    const figures = contestant.prints === 'text' ? { bad: result.out.trim() === reply ? 0 : 1 }
      : contestant.prints === 'anything' ? { process_ms: result.ms }
      : JSON.parse(result.out.trim().split('\n').pop());
    if (server?.firstAt) figures.first_request_ms = server.firstAt - begin;
    return figures.bad ? { error: `${figures.bad} wrong results` } : figures;
  } catch {
    return { error: `printed no JSON: ${result.out.slice(0, 100)}` };
  }
}

/** All rounds of an experiment, contestants taking turns: by name, {missing}, {error} or the median of each figure. */
async function carryOut(experiment) {
  const server = experiment.server === 'watch' ? await startWatch(reply)
    : experiment.server === undefined ? undefined : await startMock(join(bin, 'mock_openai'), reply, experiment.server);
  const results = {};
  try {
    // Not counted: fills the artifact cache, and the page cache for everybody.
    if (experiment.server === 'watch') for (const contestant of Object.values(experiment.contestants)) await measure(contestant, server);
    const rounds = fast ? Math.min(2, experiment.rounds) : experiment.rounds;
    for (let round = 0; round < rounds; round++) {
      for (const [name, contestant] of Object.entries(experiment.contestants)) {
        const seen = (results[name] ??= []);
        if (seen.some(r => r.missing || r.error) || (contestant.once && seen.length)) continue;
        seen.push(await measure(contestant, server));
        process.stderr.write(`${experiment.name} ${round + 1}/${rounds} ${name}: ${JSON.stringify(seen.at(-1))}\n`);
      }
    }
  } finally {
    server?.stop();
  }
  return Object.fromEntries(Object.entries(results).map(([name, seen]) => {
    const wrong = seen.find(r => r.missing || r.error);
    if (wrong) return [name, wrong];
    const keys = Object.keys(seen[0]).filter(key => typeof seen[0][key] === 'number');
    return [name, Object.fromEntries(keys.map(key => [key, median(seen.map(r => r[key]))]))];
  }));
}

const number = value => value >= 100 ? Math.round(value).toLocaleString('en')
  : value >= 10 ? value.toFixed(1) : value >= 1 ? value.toFixed(2) : value.toPrecision(2);

/** One row of the table. Ours without a figure is `missing` or `failed`, never `met`. */
function rowOf(row, experiment, results) {
  const name = row.of ?? 'ours';
  const figureOf = result => (result && !result.missing && !result.error ? row.figure(result) : undefined);
  const shown = value => (Number.isFinite(value) ? `${number(value)} ${row.unit}` : '-');
  const ours = figureOf(results[name]);
  const limit = figureOf(results.limit);
  const needsLimit = row.aim.includes('limit');

  let verdict;
  if (results[name]?.missing || !Number.isFinite(ours)) verdict = results[name]?.error ? 'failed' : 'missing';
  else if (needsLimit && !Number.isFinite(limit)) verdict = 'no limit measured';
  else if (!row.aim) verdict = '';
  else verdict = row.holds(ours, { limit, figures: results }) ? 'met' : 'missed';

  const others = Object.keys(experiment.contestants).filter(key => !key.startsWith('ours') && key !== 'limit');
  const peerCell = others.map(key => `${key} ${results[key]?.error ? 'failed' : shown(figureOf(results[key]))}`).join('; ');
  return `| ${row.title} | ${shown(ours)} | ${peerCell || '-'} | ${shown(limit)} | ${row.aim || '-'} | ${verdict || '-'} |`;
}

function heading() {
  const git = args => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const versions = JSON.parse(readFileSync(join(peers, 'package.json'), 'utf8')).dependencies;
  const named = ['@langchain/langgraph', '@boundaryml/baml', 'openai'].map(key => `${key} ${versions[key]}`).join(', ');
  return `Measured ${new Date().toISOString().slice(0, 10)} at ${git(['describe', '--always', '--dirty'])}, ${os.cpus().length} cores ` +
    `(${os.cpus()[0].model}), load ${os.loadavg()[0].toFixed(1)} at the end, Node ${process.versions.node}; ${named}.${fast ? ' A quick run: few rounds, small counts.' : ''}`;
}

const replies = readdirSync(repliesFolder).sort().map(file => join(repliesFolder, file));
const lines = ['| What | Ours | Peers | Limit | Aim | Verdict |', '|---|---|---|---|---|---|'];
for (const experiment of experiments({ bin, release, root, replies, fast })) {
  if (only && !only.includes(experiment.name)) continue;
  const results = await carryOut(experiment);
  for (const row of experiment.rows) lines.push(rowOf(row, experiment, results));
}
const table = `${heading()}\n\n${lines.join('\n')}`;
console.log(table);

const file = option('--write');
if (file) {
  const page = readFileSync(file, 'utf8');
  const [begin, end] = ['<!-- measured -->', '<!-- end of what was measured -->'];
  if (!page.includes(begin) || !page.includes(end)) throw new Error(`${file} has no place for the table`);
  writeFileSync(file, `${page.slice(0, page.indexOf(begin) + begin.length)}\n${table}\n${page.slice(page.indexOf(end))}`);
}
