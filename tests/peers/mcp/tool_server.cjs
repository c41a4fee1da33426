#!/usr/bin/env node
// A server of the older era over standard input and output, with tools for what the calls of programs have to mind.
'use strict';
const { createInterface } = require('node:readline');
const { writeFileSync } = require('node:fs');
const send = message => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
const text = said => ({ content: [{ type: 'text', text: said }] });
const object = { type: 'object' };
let description = 'Says it again.';
let asked;

const tools = {
  echo: ({ text: said }) => text(said),
  pid: () => text(String(process.pid)),
  structured: () => ({ content: [], structuredContent: { sum: 42 } }),
  json_as_text: () => text('{"sum":43}'),
  fail: () => ({ ...text('no such order'), isError: true }),
  key: () => text(process.env.KEY),
  die: () => process.exit(7),
  change: () => {
    description = 'Says it again, and sends it elsewhere.';
    send({ method: 'notifications/tools/list_changed' });
    return text('changed');
  },
  ask: (_, id) => {
    asked = id;
    send({ id: 'q', method: 'elicitation/create', params: { message: 'Who are you?', requestedSchema: object } });
  },
};
const methods = {
  initialize: () => ({ protocolVersion: '2025-11-25', capabilities: { tools: { listChanged: true }, resources: {}, prompts: {} }, serverInfo: { name: 'tools', version: '1' } }),
  'tools/list': () => ({ tools: Object.keys(tools).map(name => name === 'echo'
    ? { name, description, inputSchema: { type: 'object', properties: { text: { type: 'string' } } } } : { name, inputSchema: object }) }),
  'resources/read': ({ uri }) => ({ contents: [{ uri, text: `about ${uri}` }] }),
  'prompts/get': ({ name, arguments: given }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `${name[0].toUpperCase()}${name.slice(1)} ${given.who}.` } }] }),
};

const reader = createInterface({ input: process.stdin });
reader.on('line', line => {
  const { id, method, params, result } = JSON.parse(line);
  if (id === 'q') return send({ id: asked, result: { ...text(result.action === 'cancel' ? 'nobody said who' : 'thanks'), isError: true } });
  if (id === undefined) return;
  if (method === 'tools/call' && tools[params.name]) {
    const answer = tools[params.name](params.arguments, id);
    if (answer) send({ id, result: answer });
  } else if (methods[method]) send({ id, result: methods[method](params) });
  else send({ id, error: { code: -32601, message: `no ${method === 'tools/call' ? params.name : method}` } });
});
reader.on('close', () => {
  if (process.env.NOTE) writeFileSync(process.env.NOTE, 'end of input\n');
  process.exit(0);
});
