#!/usr/bin/env node
// A server over standard input and output that does one thing wrong: hostile_server HOW
// Otherwise it is of the older era and has one tool, `x`.
'use strict';
const { createInterface } = require('node:readline');
const how = process.argv[2];
const send = message => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
const hang = () => setInterval(() => {}, 1 << 30);
const MiB = 1 << 20;

if (how === 'dies') {
  process.stderr.write('cannot open \x1b[31mdatabase\u202e\nno such file\n');
  process.exit(3);
}
if (how === 'deaf') process.on('SIGTERM', () => {});
if (how === 'banner') process.stdout.write('Welcome to the server!\n\nversion 1\n');
if (how === 'noise') for (let i = 0; i < 1000; ++i) process.stdout.write(`listening ${i}\n`);
if (how === 'endless') for (;;) require('node:fs').writeSync(1, 'x'.repeat(MiB));
if (how === 'child') require('node:child_process').spawn('sleep', ['1000'], { stdio: 'ignore' });

/** What a call is answered with, or nothing. */
const calls = {
  huge: id => send({ id, result: { content: [{ type: 'text', text: 'x'.repeat(100 * MiB) }] } }),
  large: id => send({ id, result: { content: [{ type: 'text', text: 'x'.repeat(10 * MiB) }] } }),
  other: id => send({ id: 4711, result: { content: [] } }),
  texts: id => send({ id: String(id), result: { content: [] } }),
  twice: id => { send({ id, result: { first: true } }); send({ id, result: { second: true } }); },
  nobody: () => send({ id: null, error: { code: -32700, message: 'Parse error' } }),
  both: id => send({ id, result: {}, error: { code: 1, message: 'both' } }),
  empty: id => send({ id }),
  list: id => send({ id, result: [] }),
  bytes: id => process.stdout.write(Buffer.concat([Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{"a":"`), Buffer.from([0xff, 0xfe]), Buffer.from('"}}\n')])),
  nul: id => process.stdout.write(`{"jsonrpc":"2.0","id":${id},"result":{"a":"\0"}}\n`),
  deep: id => process.stdout.write(`{"jsonrpc":"2.0","id":${id},"result":${'['.repeat(100000)}${']'.repeat(100000)}}\n`),
  crashes: () => { process.stderr.write('Segmentation fault\n'); process.exit(9); },
  signal: () => process.kill(process.pid, 'SIGSEGV'),
  hangs: () => {},
  floods: id => {
    const { writeSync } = require('node:fs');
    const all = (fd, bytes) => { for (let at = 0; at < bytes.length;) { try { at += writeSync(fd, bytes, at); } catch { /* full */ } } };
    const line = Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message',
      params: { level: 'info', data: 'x'.repeat(MiB) } }) + '\n');
    for (let i = 0; i < 30; ++i) { all(1, line); all(2, line); }
    send({ id, result: { flooded: true } });
  },
  pings: id => {
    for (let i = 0; i < 20000; ++i) send({ id: i, method: 'ping' });
    send({ id, result: { pinged: true } });
  },
  asks: id => {
    for (let i = 0; i < 1000; ++i) send({ id: `q${i}`, method: 'elicitation/create', params: { message: 'who?', requestedSchema: {} } });
    send({ id, result: { asked: true } });
  },
  samples: id => { send({ id, method: 'sampling/createMessage', params: {} }); waiting = id; },
  progresses: id => setInterval(() => send({ method: 'notifications/progress', params: { progressToken: id, progress: 1 } }), 20),
  strays: id => {
    send({ method: 'notifications/progress', params: { progressToken: 'other', progress: 'many' } });
    send({ method: 'notifications/cancelled', params: { requestId: 12345 } });
    send({ method: 'notifications/message', params: { level: 'info', data: { a: 1 } } });
    send({ method: 'notifications/tools/list_changed' });
    send({ method: 'nonsense' });
    send({ id: 7, method: 'nonsense' });
    send({ id, result: { good: true } });
  },
};
let waiting;

const answers = {
  initialize: id => send({ id, result: { protocolVersion: how === 'version' ? '1999-01-01' : '2025-11-25', capabilities: { tools: {} },
    serverInfo: { name: 'hostile', version: '1' } } }),
  'tools/list': id => send({ id, result: how === 'loops' ? { tools: [{ name: 'x', inputSchema: {} }], nextCursor: 'again' }
    : how === 'many' ? { tools: Array.from({ length: 20000 }, (_, i) => ({ name: `t${i}`, inputSchema: {} })) }
    : how === 'odd' ? { tools: [1, 'x', null, {}, { name: 'x' }, { name: 'x', description: 'again' }, { name: 7 }] }
    : { tools: [{ name: 'x', inputSchema: { type: 'object' } }] } }),
  'tools/call': id => (calls[how] ?? (id => send({ id, result: { pid: process.pid } })))(id),
};
const reader = createInterface({ input: process.stdin });
reader.on('line', line => {
  if (how === 'silent' || how === 'deaf') return;
  const message = JSON.parse(line);
  if (message.method === undefined) {
    if (message.id === waiting) send({ id: waiting, result: { told: message.error?.message } });
    return;
  }
  if (message.id === undefined) return;
  if (how === 'strict' && message.method !== 'initialize' && !globalThis.begun) process.exit(1);
  if (how === 'mute' && message.method === 'server/discover') return;
  globalThis.begun = true;
  const answer = answers[message.method];
  if (answer) answer(message.id);
  else send({ id: message.id, error: { code: -32601, message: `Method not found: ${message.method}` } });
});
// Ends with its input, but for those that do not.
if (how === 'stays') process.on('SIGTERM', () => {});
if (['deaf', 'silent', 'stays'].includes(how)) hang();
else reader.on('close', () => process.exit(0));
