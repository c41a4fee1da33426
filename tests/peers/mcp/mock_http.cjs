#!/usr/bin/env node
// A server of the older era over HTTP, with sessions that are strict, and a path for everything that can go wrong or
// take a turn: /plain /sse /resume /gone /login /scope /moved /away ... It prints its port.
'use strict';
const { createServer } = require('node:http');

const sessions = new Map();  // id: { version, calls }
const seen = [];             // what /log tells
let serial = 0;
let logins = 0;

const json = (response, status, message, headers = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(message === undefined ? '' : JSON.stringify(message));
};
const result = (id, value) => ({ jsonrpc: '2.0', id, result: value });
const stream = (response, headers = {}) => response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
const event = (response, message, id) => response.write(`${id === undefined ? '' : `id: ${id}\n`}data: ${message === '' ? '' : JSON.stringify(message)}\n\n`);
const text = said => ({ content: [{ type: 'text', text: said }] });

/** What a call is answered with, by path. */
const calls = {
  plain: (response, message) => json(response, 200, result(message.id, text('plain'))),
  sse: (response, message) => {
    stream(response);
    response.write(': a comment\n\n');
    event(response, { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: message.params._meta.progressToken, progress: 1, total: 2 } });
    event(response, { jsonrpc: '2.0', id: 'p1', method: 'ping' });
    event(response, result(message.id, text('sse')));
  },  // and it stays open
  resume: (response, message) => {
    stream(response);
    response.write('retry: 10\n');
    event(response, '', `${message.id}-0`);
    response.end();
  },
  broken: (response, message) => { stream(response); event(response, { jsonrpc: '2.0', method: 'x' }); response.end(); },
  cut: (response) => { stream(response); response.write('data: {"json'); setTimeout(() => response.destroy(), 10); },
  gone: (response, message, session, id) => {
    if (session.calls++ === 0 && serial === 1) { sessions.delete(id); return json(response, 404, { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } }); }
    json(response, 200, result(message.id, text(`session ${serial}`)));
  },
  always_gone: (response, message, session, id) => { sessions.delete(id); json(response, 404, 'gone'); },
  accepted: (response) => json(response, 202),
  html: (response) => { response.writeHead(200, { 'content-type': 'text/html' }); response.end('<h1>Hello</h1>'); },
  other: (response, message) => json(response, 200, result(4711, {})),
  error: (response, message) => json(response, 400, { jsonrpc: '2.0', id: message.id, error: { code: -32602, message: 'bad arguments' } }),
  teapot: (response) => { response.writeHead(418); response.end('I am \u001b[31ma teapot'); },
  busy: (response) => { response.writeHead(503); response.end('later'); },
  limited: (response) => { response.writeHead(429); response.end(); },
  huge: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = () => { while (response.writable && response.write('x'.repeat(1 << 20))); if (response.writable) response.once('drain', more); };
    more();
  },
  hugesse: (response) => {
    stream(response);
    response.write('data: ');
    const more = () => { while (response.writable && response.write('x'.repeat(1 << 20))); if (response.writable) response.once('drain', more); };
    more();
  },
  flood: (response, message) => {
    stream(response);
    for (let i = 0; i < 20000; ++i) event(response, { jsonrpc: '2.0', id: i, method: 'ping' });
    event(response, result(message.id, text('flooded')));
    response.end();
  },
  hangs: () => {},
  headers: (response, message) => {
    response.writeHead(200, { 'content-type': 'application/json', 'x-large': 'x'.repeat(8 << 20) });
    response.end(JSON.stringify(result(message.id, text('large'))));
  },
  away: (response) => { response.writeHead(307, { location: 'http://198.51.100.1/mcp' }); response.end(); },
};

function post(how, request, response, message) {
  if (message.method === undefined) {
    seen.push(`answer ${message.id}`);
    return json(response, 202);
  }
  const id = request.headers['mcp-session-id'];
  if (message.method === 'server/discover') {
    if (how === 'oldest') { response.writeHead(405); return response.end(); }
    return json(response, 400, { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Bad Request: No valid session ID provided' } });
  }
  if (message.method === 'initialize') {
    if (how === 'refuses') return json(response, 200, { jsonrpc: '2.0', id: message.id, error: { code: -32603, message: 'not today' } });
    const session = `session-${++serial}`;
    sessions.set(session, { calls: 0 });
    return json(response, 200, result(message.id, { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'mock', version: '1' } }),
      how === 'stateless' ? {} : { 'mcp-session-id': session });
  }
  if (how !== 'stateless' && !sessions.has(id)) return json(response, 404);
  if (request.headers['mcp-protocol-version'] !== '2025-06-18') return json(response, 400, { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'no version' } });
  if (message.id === undefined) {
    seen.push(message.method);
    return json(response, 202);
  }
  if (message.method === 'tools/list') return json(response, 200, result(message.id, { tools: [] }));
  (calls[how] ?? calls.plain)(response, message, sessions.get(id), id);
}

function get(how, request, response) {
  const last = request.headers['last-event-id'];
  if (last?.endsWith('-0')) {  // the rest of an answer
    stream(response);
    if (how === 'resume' && !sessions.get(request.headers['mcp-session-id']).dropped) {
      sessions.get(request.headers['mcp-session-id']).dropped = true;
      response.write('retry: 10\n');
      event(response, '', last);
      return response.end();
    }
    event(response, result(Number(last.split('-')[0]), text('resumed')), 'end');
    return response.end();
  }
  if (how !== 'listens') { response.writeHead(405); return response.end(); }
  stream(response);
  event(response, { jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
}

createServer(async (request, response) => {
  const [, how] = request.url.split('/');
  if (request.method === 'GET' && how === 'log') return json(response, 200, { seen, sessions: sessions.size, serial }, { connection: 'close' });
  let body = '';
  for await (const chunk of request) body += chunk;
  if (how === 'moved' && request.url !== '/moved/') { response.writeHead(307, { location: '/moved/' }); return response.end(); }
  if (how === 'login' && request.headers.authorization !== `Bearer good`) {
    response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="http://127.0.0.1/meta", realm="${++logins}"` });
    return response.end();
  }
  if (how === 'scope' && body.includes('tools/call') && request.headers.authorization !== `Bearer good`) {
    response.writeHead(403, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="write"' });
    return response.end();
  }
  if (how === 'never') { response.writeHead(403); return response.end('not you'); }
  if (request.method === 'DELETE') {
    seen.push('delete');
    sessions.delete(request.headers['mcp-session-id']);
    response.writeHead(how === 'keeps' ? 405 : 200);
    return response.end();
  }
  if (request.method === 'GET') return get(how, request, response);
  request.on('close', () => seen.push('closed'));
  post(how, request, response, JSON.parse(body));
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
