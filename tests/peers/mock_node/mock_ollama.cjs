#!/usr/bin/env node
// Ollama's /api/chat on loopback, as its reference has it: strict about requests, with switches (mock.cjs).
'use strict';

const { IMAGES, wrongData } = require('./media.cjs');
const { instance, options, pieces, serve, surplus } = require('./mock.cjs');
const { callsOf, wrongName, wrongSchema } = require('./tools.cjs');

const settings = options(process.argv.slice(2));
const FIELDS = ['model', 'messages', 'stream', 'format', 'keep_alive', 'tools', 'think', 'truncate', 'shift', 'logprobs',
  'top_logprobs', 'options'];
const MESSAGE = ['role', 'content', 'thinking', 'images', 'tool_calls', 'tool_name'];
const OPTIONS = { temperature: 'float32', top_p: 'float32', top_k: 'integer', min_p: 'float32', num_predict: 'integer',
  num_ctx: 'integer', seed: 'integer', stop: 'array', repeat_penalty: 'float32' };

function failed(status, error) {
  const headers = settings.retryAfter === undefined ? {} : { 'retry-after': settings.retryAfter };
  return { status, headers, json: { error } };
}

/// The server itself ignores options that it does not know; who sends one here has made a mistake.
function wrongOption(given) {
  for (const [name, value] of Object.entries(given)) {
    const type = OPTIONS[name];
    if (!type) return `invalid option provided: ${name}`;
    const fits = type === 'integer' ? Number.isInteger(value) : type === 'float32' ? typeof value === 'number'
      : Array.isArray(value) && value.every(each => typeof each === 'string');
    if (!fits) return `option "${name}" must be of type ${type}`;
  }
  return undefined;
}

/// What calls of tools and their results look like in a conversation.
function wrongTurn(message) {
  if (message.role === 'tool' && typeof message.tool_name !== 'string') return 'tool_name is required';
  for (const call of message.tool_calls ?? []) {
    const { name, arguments: given } = call.function ?? {};
    if (typeof name !== 'string' || typeof given !== 'object' || given === null)
      return 'json: cannot unmarshal string into field ChatRequest.messages.tool_calls.function.arguments of type map';
  }
  return undefined;
}

function wrongTools(tools) {
  for (const tool of tools ?? []) {
    if (tool.type !== 'function') return `invalid tool type: ${tool.type}`;
    const wrong = surplus(tool.function, ['name', 'description', 'parameters'], 'tools.function.') ?? wrongName(tool.function.name) ??
      wrongSchema(tool.function.parameters);
    if (wrong) return wrong;
  }
  return undefined;
}

/// Seconds, or a duration as Go writes it.
function wrongKeepAlive(time) {
  return time === undefined || typeof time === 'number' || /^-?(\d+(\.\d+)?(ms|s|m|h))+$/.test(time) ? undefined : `time: invalid duration "${time}"`;
}

function mistake(body) {
  if (typeof body !== 'object' || body === null) return 'missing request body';
  const other = surplus(body, FIELDS, '');
  if (other) return other;
  if (typeof body.model !== 'string' || body.model === '') return 'model is required';
  if (!Array.isArray(body.messages) || body.messages.length === 0) return 'no messages';  // else it only loads the model
  for (const message of body.messages) {
    if (!['system', 'user', 'assistant', 'tool'].includes(message.role)) return `invalid role: ${message.role}`;
    if (typeof message.content !== 'string') return 'json: cannot unmarshal into field ChatRequest.messages.content of type string';
    const more = surplus(message, MESSAGE, 'messages.');
    const turn = more ?? wrongTurn(message);
    if (turn) return turn;
    if (message.images !== undefined && !Array.isArray(message.images)) return 'json: images is of type []string';
    // Base64 alone: no URL, no data URI, and no type beside it.
    const wrong = (message.images ?? []).find(image => IMAGES.every(type => wrongData(type, image, IMAGES)));
    if (wrong !== undefined) return 'Failed to load image or audio file';
  }
  if (body.stream !== undefined && typeof body.stream !== 'boolean') return 'json: stream is of type bool';
  if (![undefined, true, false, 'low', 'medium', 'high'].includes(body.think))
    return `invalid think value: "${body.think}" (must be "high", "medium", "low", true, or false)`;
  if (body.think && settings.noThinking) return `"${body.model}" does not support thinking`;
  if (body.format !== undefined && body.format !== 'json' && typeof body.format !== 'object')
    return `invalid format: ${JSON.stringify(body.format)}; expected "json" or a valid JSON Schema object`;
  return wrongTools(body.tools) ?? wrongKeepAlive(body.keep_alive) ?? wrongOption(body.options ?? {});
}

const line = data => `${JSON.stringify(data)}\n`;

function stream(whole, text) {
  const { message, done_reason: reason, ...counts } = whole;
  const part = more => line({ model: whole.model, created_at: whole.created_at, message: { role: 'assistant', content: '', ...more },
    done: false });
  const lines = message.thinking ? [part({ thinking: message.thinking.slice(0, 7) }), part({ thinking: message.thinking.slice(7) })] : [];
  let parts = pieces(text, settings.chunk);
  const half = ['close-mid-stream', 'end-mid-stream', 'error-mid-stream'].includes(settings.malformed);
  if (half) parts = parts.slice(0, Math.ceil(parts.length / 2));
  lines.push(...parts.map(content => part({ content })));
  if (message.tool_calls) lines.push(part({ tool_calls: message.tool_calls }));
  if (settings.malformed === 'garbage') lines.push('{"model": }\n');
  if (settings.malformed === 'error-mid-stream') lines.push(line({ error: 'an error was encountered while running the model' }));
  if (!half) lines.push(line({ ...counts, message: { role: 'assistant', content: '' }, done_reason: reason, done: true }));
  return { headers: { 'content-type': 'application/x-ndjson' }, events: lines,
    then: settings.malformed === 'close-mid-stream' ? 'close' : 'end' };
}

serve((request, body) => {
  if (request.method !== 'POST' || request.url !== '/api/chat') return failed(404, 'page not found');
  if (settings.key && request.headers.authorization !== `Bearer ${settings.key}`) return failed(401, 'unauthorized');
  const message404 = `model '${body?.model}' not found`;
  if (settings.error && settings.errorCount-- > 0)
    return failed(settings.error, settings.error === 404 ? message404 : 'This error was asked for.');
  const wrong = mistake(body);
  if (wrong) return failed(400, wrong);
  if (settings.malformed === 'html') return { html: true };
  const schema = typeof body.format === 'object' ? body.format : undefined;
  // A schema that it can make no grammar of is reported as its own mistake.
  if (schema && settings.noSchema) return failed(500, 'invalid JSON schema in format');
  const last = body.messages[body.messages.length - 1];
  const message = { role: 'assistant',
    content: settings.reply ?? (schema ? JSON.stringify(instance(schema, schema)) : `echo: ${last.content}`) };
  if (body.think) message.thinking = 'Let me think.';
  if (body.tools && last.role !== 'tool') {
    const tools = body.tools.map(tool => ({ name: tool.function.name, schema: tool.function.parameters }));
    message.content = '';
    message.tool_calls = callsOf(tools).map(({ name, args }) => ({ function: { name, arguments: args } }));
  }
  const whole = { model: body.model, created_at: '2026-01-01T00:00:00Z', message, done_reason: settings.stop ?? 'stop', done: true,
    total_duration: 4935886791, load_duration: 534986708, prompt_eval_count: 7, prompt_eval_cached_count: 3,
    prompt_eval_duration: 107345000, eval_count: 5, eval_duration: 4289432000 };
  return body.stream ?? true ? stream(whole, message.content) : { json: whole };
});
