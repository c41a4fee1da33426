#!/usr/bin/env node
// A server that speaks OpenAI's chat completions and embeddings, and reranks, on loopback: as much of it as the switches
// leave. It is strict about requests.
//   --no-schema --no-stream-usage --no-tools --no-tool-choice --no-n --no-embeddings  answers 400 (404) to these
//   --ignores WHAT       takes `tools`, `n`, `schema` or `usage` and does as if they had not been sent
//   --wrong WHAT         embeddings that are wrong: count, index, twice, nan, zero, lengths, base64, words; rankings: count,
//                        index, twice, score
//   --images             embeds `{"text": ...}` and `{"image": BASE64}`, as Jina's API does, and no plain texts: an image as
//                        the text that its bytes hold behind a PNG's signature
//   --tei                reranks as text-embeddings-inference does
// POST /withhold keeps what comes from then on unanswered until POST /release; POST /fail/N refuses the next N requests with
// 500. GET /stats tells how many requests came, and how many texts were embedded.
//   --reply TEXT --key KEY --error STATUS[:COUNT] --retry-after S --html --silent --path PREFIX (of its paths; "/v1")
'use strict';

const http = require('http');
const { instance, surplus } = require('./mock.cjs');

const settings = { prefix: '/v1', errorCount: Infinity };
const FLAGS = ['--no-schema', '--no-stream-usage', '--no-tools', '--no-tool-choice', '--no-n', '--no-embeddings', '--images', '--tei', '--html',
  '--silent'];
for (let i = 2; i < process.argv.length; i++) {
  const name = process.argv[i];
  if (FLAGS.includes(name)) settings[name.slice(2)] = true;
  else if (name === '--error') {
    const [status, count] = process.argv[++i].split(':');
    settings.error = Number(status);
    if (count !== undefined) settings.errorCount = Number(count);
  } else if (['--ignores', '--wrong', '--reply', '--key', '--retry-after'].includes(name)) settings[name.slice(2)] = process.argv[++i];
  else if (name === '--path') settings.prefix = process.argv[++i];
  else throw new Error(`unknown switch ${name}`);
}

const CHAT = ['model', 'messages', 'stream', 'stream_options', 'response_format', 'max_tokens', 'max_completion_tokens', 'temperature',
  'top_p', 'seed', 'stop', 'tools', 'tool_choice', 'n', 'reasoning_effort'];
const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
const refused = (message, status = 400) => ({ status, json: { error: { message, type: 'invalid_request_error', code: null } } });
const missing = name => refused(`Unrecognized request argument supplied: ${name}`);

function chatMistake(body) {
  if (typeof body?.model !== 'string' || !Array.isArray(body.messages) || body.messages.length === 0)
    return refused('The request needs `model` and `messages`.');
  const other = surplus(body, CHAT, '');
  if (other) return refused(other);
  if (body.stream_options && !body.stream) return refused('`stream_options` is only allowed when `stream` is true');
  if (body.response_format && settings['no-schema']) return missing('response_format');
  if (body.stream_options && settings['no-stream-usage']) return missing('stream_options');
  if (body.tools && settings['no-tools']) return refused('tools are not supported by this model');
  if (body.tool_choice && settings['no-tool-choice']) return missing('tool_choice');
  if (body.tool_choice && !body.tools) return refused('`tool_choice` is only allowed when `tools` are given');
  if (body.n !== undefined && settings['no-n']) return refused('only n=1 is supported');
  for (const tool of body.tools ?? []) {
    if (tool.type !== 'function' || typeof tool.function?.name !== 'string' || tool.function.parameters?.type !== 'object')
      return refused('Invalid tool');
  }
  return undefined;
}

function chat(body) {
  const wrong = chatMistake(body);
  if (wrong) return wrong;
  const schema = settings.ignores === 'schema' ? undefined : body.response_format?.json_schema?.schema;
  const calls = body.tools && settings.ignores !== 'tools';
  const content = settings.reply ?? (schema ? JSON.stringify(instance(schema, schema)) : 'ok');
  const message = calls ? { role: 'assistant', content: null,
    tool_calls: [{ id: 'call_1', type: 'function', function: { name: body.tools[0].function.name, arguments: '{}' } }] }
    : { role: 'assistant', content };
  const base = { id: 'chatcmpl-mock', created: 0, model: body.model };
  if (body.stream) {
    const chunk = (delta, finish) => ({ ...base, object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason: finish ?? null }] });
    const events = [chunk({ role: 'assistant', content }), chunk({}, 'stop')];
    if (body.stream_options?.include_usage && settings.ignores !== 'usage')
      events.push({ ...base, object: 'chat.completion.chunk', choices: [], usage });
    return { events: [...events.map(event => `data: ${JSON.stringify(event)}\n\n`), 'data: [DONE]\n\n'] };
  }
  const count = settings.ignores === 'n' ? 1 : body.n ?? 1;
  const choices = Array.from({ length: count }, (_, index) => ({ index, message, finish_reason: calls ? 'tool_calls' : 'stop' }));
  return { json: { ...base, object: 'chat.completion', choices, usage } };
}

/// A vector that tells texts apart: their lengths, then their first letters. That of no text has a length, too.
function vectorOf(text, dimensions) {
  return Array.from({ length: dimensions }, (_, i) => (i === 0 ? text.length || 0.5 : (text.charCodeAt(i - 1) || 0) / 128));
}
const base64Of = vector => Buffer.from(Float32Array.from(vector).buffer).toString('base64');

/// What an input of the Jina shape stands for, as a text; undefined if it is none.
function itemText(item) {
  if (item === null || typeof item !== 'object' || Object.keys(item).length !== 1) return undefined;
  if (typeof item.text === 'string') return item.text;
  if (typeof item.image !== 'string' || !/^[A-Za-z0-9+/]+=*$/.test(item.image)) return undefined;
  const bytes = Buffer.from(item.image, 'base64');
  if (bytes.subarray(0, 8).toString('latin1') !== '\x89PNG\r\n\x1a\n') return undefined;
  ++stats.images;
  return /tEXtComment\0([\x20-\x7e]*)/.exec(bytes.toString('latin1'))?.[1] ?? '';
}

function embeddings(body) {
  if (settings['no-embeddings']) return refused('The model does not support Embeddings API', 404);
  const other = surplus(body ?? {}, ['model', 'input', 'dimensions', 'encoding_format', 'user'], '');
  if (other) return refused(other);
  let input = typeof body?.input === 'string' ? [body.input] : body?.input;
  if (settings.images && Array.isArray(input)) input = input.map(itemText);
  if (typeof body?.model !== 'string' || !Array.isArray(input) || input.length === 0 || !input.every(each => typeof each === 'string'))
    return refused('The request needs `model` and `input`.');
  if (input.length > 2048) return refused('too many inputs');
  if (![undefined, 'float', 'base64'].includes(body.encoding_format)) return refused('Invalid encoding_format');
  let data = input.map((text, index) => {
    const vector = vectorOf(text, body.dimensions ?? 4);
    return { object: 'embedding', index, embedding: body.encoding_format === 'base64' ? base64Of(vector) : vector };
  }).reverse();  // an order of its own: `index` counts
  const wrong = settings.wrong;
  if (wrong === 'count') data = data.slice(1);
  if (wrong === 'index') data[0].index = input.length;
  if (wrong === 'twice') data[0].index = data[1].index;
  if (wrong === 'nan') data[0].embedding = base64Of([NaN, 1, 2, 3]);
  if (wrong === 'zero') data[0].embedding = base64Of([0, 0, 0, 0]);
  if (wrong === 'lengths') data[0].embedding = [1, 2, 3];
  if (wrong === 'base64') data[0].embedding = 'AAAA*';
  if (wrong === 'words') data[0].embedding = ['one', 'two'];
  return { json: { object: 'list', model: body.model, data, usage: { prompt_tokens: 2 * input.length, total_tokens: 2 * input.length } } };
}

function rerank(body) {
  const field = settings.tei ? 'texts' : 'documents';
  const allowed = settings.tei ? ['query', 'texts', 'raw_scores', 'return_text', 'truncate'] : ['model', 'query', 'documents', 'top_n'];
  if (settings.tei && !Array.isArray(body?.texts))
    return { status: 422, json: { error: 'Failed to deserialize the JSON body into the target type: missing field `texts`',
      error_type: 'Validation' } };
  const other = surplus(body ?? {}, allowed, '');
  if (other) return refused(other);
  const texts = body?.[field];
  if (typeof body?.query !== 'string' || !Array.isArray(texts) || texts.length === 0) return refused('`query` and texts are required');
  const words = text => new Set(text.toLowerCase().split(/\W+/).filter(Boolean));
  const asked = words(body.query);
  const scored = texts.map((text, index) => ({ index, score: [...words(text)].filter(word => asked.has(word)).length / asked.size }));
  scored.sort((a, b) => b.score - a.score);
  let list = scored.slice(0, settings.tei ? scored.length : body.top_n ?? scored.length);
  if (settings.wrong === 'count') list = list.slice(1);
  if (settings.wrong === 'index') list[0].index = texts.length;
  if (settings.wrong === 'twice') list[0].index = list[1].index;
  if (settings.wrong === 'score') list[0].score = 'high';
  if (settings.tei) return { json: list };
  return { json: { id: 'rerank-mock', model: body.model, usage: { total_tokens: 9 },
    results: list.map(({ index, score }) => ({ index, relevance_score: score, document: { text: texts[index] } })) } };
}

const PATHS = { '/chat/completions': chat, '/embeddings': embeddings, '/rerank': rerank };
const stats = { requests: 0, texts: 0, images: 0 };
let last = '';
let held = null;  // what waits for /release
let failures = 0;

/// What a test tells the server. Whether it was that.
function told(request, response) {
  const [, word, count] = request.url.match(/^\/(withhold|release|fail)(?:\/(\d+))?$/) ?? [];
  if (request.method !== 'POST' || !word) return false;
  if (word === 'withhold') held ??= [];
  if (word === 'fail') failures = Number(count);
  if (word === 'release') {
    const waiting = held ?? [];
    held = null;
    for (const go of waiting) go();
  }
  response.end('ok');
  return true;
}

http.createServer((request, response) => {
  if (request.url === '/stats') return response.end(JSON.stringify(stats));
  if (request.url === '/last') return response.end(last);
  if (told(request, response)) return undefined;
  const parts = [];
  request.on('data', part => parts.push(part));
  request.on('end', () => {
    if (request.method === 'POST') ++stats.requests;
    last = Buffer.concat(parts).toString();
    if (settings.silent) return undefined;
    const send = (status, type, text) => {
      const headers = { 'content-type': type };
      if (settings['retry-after'] && status >= 400) headers['retry-after'] = settings['retry-after'];
      response.writeHead(status, headers);
      response.end(text);
    };
    const answer = made => (made.events ? send(200, 'text/event-stream', made.events.join(''))
      : send(made.status ?? 200, 'application/json', JSON.stringify(made.json)));
    if (settings.html) return send(200, 'text/html', '<h1>Welcome to the gateway</h1>');
    const path = request.url.startsWith(settings.prefix) ? PATHS[request.url.slice(settings.prefix.length)] : undefined;
    if (request.method !== 'POST' || !path) return answer(refused('Not Found', 404));
    if (settings.key && request.headers.authorization !== `Bearer ${settings.key}`) return answer(refused('Incorrect API key provided.', 401));
    if (settings.error && settings.errorCount-- > 0) return answer(refused('This error was asked for.', settings.error));
    let body;
    try {
      body = JSON.parse(last);
    } catch {
      return answer(refused('The body is no JSON.'));
    }
    if (failures > 0 && failures--) return answer(refused('This failure was asked for.', 500));
    const made = path(body);
    if (path === embeddings && made.json.data) stats.texts += made.json.data.length;
    return held ? held.push(() => answer(made)) : answer(made);
  });
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
process.on('SIGTERM', () => process.exit(0));
// A test that crashes must not leave its server behind.
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(1), 1000).unref();
