// What is measured. An experiment has contestants, each a command that prints a JSON object on its last line, and
// rows of the table, each a figure of that object with what it is held against.
//
// A contestant is {program, args, env?}: `program` is a path that may not exist (it is then reported as missing) or
// 'peer', for a script under peers/. `ours` is what the verdict is about, `limit` the attainable.
import { join } from 'node:path';

const figure = key => result => result[key];

export function experiments({ bin, release, root, replies, fast }) {
  const peer = (script, ...args) => ({ program: 'peer', args: [script, ...args.map(String)] });
  const own = (name, ...args) => ({ program: join(bin, name), args: args.map(String) });
  const chainRun = cache => ({
    program: join(release, 'chain'), args: ['run', join(root, 'tests/bench/three_steps.chain')], cache,
    prints: 'text',
  });
  const peers = join(root, 'build/npm/bench');
  const project = join(peers, 'project');
  const check = file => ({ program: join(release, 'chain'), args: ['check', file], prints: 'anything' });
  const bamlCheck = folder => ({
    program: join(peers, 'node_modules/.bin/baml-cli'), args: ['check', '--from', folder], prints: 'anything',
  });
  const types = join(root, 'tests/bench/replies.chain');
  const usual = replies.filter(file => file.includes('usual-'));
  const broken = replies.filter(file => file.endsWith('broken.txt'));
  const long = replies.filter(file => file.endsWith('long.txt'));
  const stream = replies.filter(file => file.endsWith('stream.txt'));
  const many = fast ? 1000 : 10000;

  return [
    {
      name: 'nodes', rounds: 3,
      contestants: {
        ours: own('bench_nodes', 1000), 'ours at 3,000': own('bench_nodes', 3000), 'ours at 10,000': own('bench_nodes', 10000),
        LangGraph: peer('nodes.mjs', 1000), 'LangGraph, 100 nodes': peer('nodes.mjs', 100),
      },
      rows: [
        { title: 'a pure node, 1,000 in a row, CPU', unit: 'µs', figure: figure('us_per_node'), aim: '0.1 µs', holds: v => v <= 0.1 },
        { title: 'a pure node, 10,000 in a row, CPU', unit: 'µs', figure: figure('us_per_node'), of: 'ours at 10,000', aim: '0.1 µs', holds: v => v <= 0.1 },
        { title: 'compiling a node, 1,000 in a row', unit: 'µs', figure: figure('compile_us_per_node'), aim: '', holds: () => true },
        {
          title: 'compiling a node, 3,000 in a row', unit: 'µs', figure: figure('compile_us_per_node'), of: 'ours at 3,000',
          aim: 'linear: 1.5x that of 1,000', holds: (v, { figures }) => v <= 1.5 * figures.ours.compile_us_per_node,
        },
        {
          title: 'compiling a node, 10,000 in a row', unit: 'µs', figure: figure('compile_us_per_node'), of: 'ours at 10,000',
          aim: 'linear: 1.5x that of 1,000', holds: (v, { figures }) => v <= 1.5 * figures.ours.compile_us_per_node,
        },
      ],
    },
    {
      name: 'project', rounds: 7,
      contestants: {
        ours: check(join(project, 'chain/main.chain')), BAML: bamlCheck(join(project, 'baml/baml_src')),
      },
      rows: [
        { title: 'checking a project of 10,000 lines, whole process', unit: 'ms', figure: figure('process_ms'), aim: '300 ms', holds: v => v <= 300 },
      ],
    },
    {
      name: 'check', rounds: 15,
      contestants: {
        ours: check(join(root, 'examples/support.chain')), limit: { ...check(''), args: ['version'] },
        BAML: bamlCheck(join(peers, 'baml_src')),
      },
      rows: [
        { title: '`chain check` of an example, whole process', unit: 'ms', figure: figure('process_ms'), aim: '1.5x the limit', holds: (v, { limit }) => v <= 1.5 * limit },
      ],
    },
    {
      name: 'cold', rounds: 7, server: 'watch',
      contestants: {
        ours: chainRun('none'), 'ours, artifact': chainRun('kept'),
        LangGraph: peer('cold.mjs', 'langgraph'), BAML: peer('cold.mjs', 'baml'), 'openai SDK': peer('cold.mjs', 'openai'),
      },
      rows: [
        { title: 'process start to first request, nothing cached', unit: 'ms', figure: figure('first_request_ms'), aim: '45 ms', holds: v => v <= 45 },
        { title: 'process start to first request, artifact cached', unit: 'ms', figure: figure('first_request_ms'), of: 'ours, artifact', aim: '10 ms', holds: v => v <= 10 },
      ],
    },
    {
      name: 'one', rounds: 5, server: 0,
      contestants: {
        ours: own('bench_runtime', 'PORT', 1, fast ? 300 : 2000, 1), limit: own('bench_floor', 'PORT', 1, fast ? 300 : 2000),
        LangGraph: peer('throughput.mjs', 'langgraph', 1, 300), BAML: peer('throughput.mjs', 'baml', 1, 300),
        'openai SDK': peer('throughput.mjs', 'openai', 1, 300),
      },
      rows: [
        { title: 'three-step chain, one at once, CPU a chain', unit: 'ms', figure: figure('cpu_ms_per_chain'), aim: '2x the limit', holds: (v, { limit }) => v <= 2 * limit },
      ],
    },
    {
      name: 'many', rounds: 5, server: 0,
      contestants: {
        ours: own('bench_runtime', 'PORT', 64, fast ? 5000 : 40000, 1), limit: own('bench_floor', 'PORT', 64, fast ? 5000 : 40000),
        LangGraph: peer('throughput.mjs', 'langgraph', 64, fast ? 500 : 1500), BAML: peer('throughput.mjs', 'baml', 64, fast ? 1000 : 5000),
        'openai SDK': peer('throughput.mjs', 'openai', 64, fast ? 500 : 2000),
      },
      rows: [
        { title: 'three-step chain, 64 at once', unit: 'chains/s', more: true, figure: figure('chains_per_s'), aim: '70% of the limit', holds: (v, { limit }) => v >= 0.7 * limit },
      ],
    },
    {
      name: 'inflight', rounds: 3, server: 100,
      contestants: {
        ours: own('bench_runtime', 'PORT', '--inflight', many), limit: own('bench_floor', 'PORT', many, many),
        ...(fast ? {} : { BAML: peer('throughput.mjs', 'baml', many, many) }),
        LangGraph: { ...peer('throughput.mjs', 'langgraph', many, many), once: true },
      },
      rows: [
        { title: `${many.toLocaleString('en')} chains at once, server takes 100 ms`, unit: 's', figure: figure('wall_s'), aim: '1.4x the limit', holds: (v, { limit }) => v <= 1.4 * limit },
        { title: 'the same, peak memory', unit: 'MB', figure: figure('maxrss_mb'), aim: '1.4x the limit', holds: (v, { limit }) => v <= 1.4 * limit },
      ],
    },
    {
      name: 'journal', rounds: 5, server: 20,
      contestants: {
        ours: own('bench_runtime', 'PORT', 64, fast ? 1000 : 4000, 1, 'normal'),
        'ours, FULL': own('bench_runtime', 'PORT', 64, fast ? 1000 : 4000, 1, 'full'),
        limit: own('bench_runtime', 'PORT', 64, fast ? 1000 : 4000, 1),
      },
      rows: [
        { title: 'three-step chain, 64 at once, server takes 20 ms, written down', unit: 'chains/s', more: true, figure: figure('chains_per_s'), aim: '85% of the limit', holds: (v, { limit }) => v >= 0.85 * limit },
        { title: 'the same, each commit on the disk (`synchronous=FULL`)', unit: 'chains/s', more: true, figure: figure('chains_per_s'), of: 'ours, FULL', aim: '', holds: () => true },
      ],
    },
    {
      name: 'template', rounds: 5,
      contestants: {
        ours: own('bench_template'), nunjucks: peer('templates.mjs', 'nunjucks'), handlebars: peer('templates.mjs', 'handlebars'),
        LiquidJS: peer('templates.mjs', 'liquidjs'), mustache: peer('templates.mjs', 'mustache'),
        'HF jinja': peer('templates.mjs', 'hfjinja'), LangChain: peer('templates.mjs', 'langchain'),
        'BAML (with request)': peer('templates.mjs', 'baml'), 'JS literal': peer('templates.mjs', 'literal'),
      },
      rows: [
        { title: 'rendering a template of 1 KB with a loop and a branch', unit: 'µs', figure: figure('us_per_render'), aim: '0.4 µs', holds: v => v <= 0.4 },
      ],
    },
    {
      name: 'usual', rounds: 3,
      contestants: { ours: own('bench_replies', 'usual', types, ...usual), BAML: peer('parse.mjs', 'usual', ...usual) },
      rows: [{ title: 'typed parse of usual replies, median', unit: 'µs', figure: figure('us'), aim: '3 µs', holds: v => v <= 3 }],
    },
    {
      name: 'broken', rounds: 3,
      contestants: { ours: own('bench_replies', 'broken', types, ...broken), BAML: peer('parse.mjs', 'broken', ...broken) },
      rows: [{ title: 'typed parse of a broken reply of 43 KB', unit: 'ms', figure: r => r.us / 1000, aim: '1 ms', holds: v => v <= 1 }],
    },
    {
      name: 'stream', rounds: 3,
      contestants: { ours: own('bench_replies', 'stream', types, ...stream), BAML: { ...peer('parse.mjs', 'stream', ...stream), once: true } },
      rows: [{ title: 'a reply of 8.4 KB in steps of 20 bytes, a value after each', unit: 'ms', figure: r => r.us / 1000, aim: '5 ms', holds: v => v <= 5 }],
    },
    {
      name: 'long', rounds: 5,
      contestants: {
        ours: own('bench_replies', 'steps', types, ...long), 'ours, values': own('bench_replies', 'stream', types, ...long),
        limit: own('bench_replies', 'broken', types, ...long),
        'BAML, values (40 of 4,400 steps measured)': { ...peer('parse.mjs', 'sampled', ...long), once: true },
      },
      rows: [
        { title: 'a reply of 88 KB in steps of 20 bytes', unit: 'ms', figure: r => r.us / 1000, aim: '3x the limit: parsing it at once', holds: (v, { limit }) => v <= 3 * limit },
        { title: 'the same, a value after each step', unit: 'ms', figure: r => r.us / 1000, of: 'ours, values', aim: '3x the limit', holds: (v, { limit }) => v <= 3 * limit },
      ],
    },
    {
      name: 'vectors', rounds: 1,
      contestants: { ours: own('bench_vectors', 'pair', fast ? 10000 : 100000) },
      rows: [
        { title: `nearest of ${fast ? '10,000' : '100,000'} vectors by HNSW at recall .95, CPU`, unit: 'searches/s', more: true, figure: figure('per_s'), aim: '0.8 of hnswlib itself', holds: (v, { figures }) => v >= 0.8 * figures.ours.hnswlib_per_s },
        { title: 'the same, recall@10', unit: '', figure: figure('recall'), aim: '0.95', holds: v => v >= 0.95 },
        { title: 'the same by hnswlib itself', unit: 'searches/s', figure: figure('hnswlib_per_s'), aim: '', holds: () => true },
      ],
    },
  ];
}
