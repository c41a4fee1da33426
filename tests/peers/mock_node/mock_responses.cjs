#!/usr/bin/env node
// OpenAI's /v1/responses on loopback, as its reference has it: strict about requests, with switches (mock.cjs). `--stop` takes
// `refusal`, a reason for which responses are incomplete, or the code of an error with which they fail.
'use strict';

const { IMAGES, wrongDataUri, wrongUrl } = require('./media.cjs');
const { instance, options, pieces, serve, surplus } = require('./mock.cjs');

const settings = options(process.argv.slice(2));
const ID = { 'x-request-id': 'req_mock' };
const FIELDS = ['model', 'input', 'instructions', 'stream', 'stream_options', 'store', 'temperature', 'top_p', 'max_output_tokens',
  'reasoning', 'text', 'tools', 'tool_choice', 'parallel_tool_calls', 'metadata', 'include', 'previous_response_id', 'truncation',
  'prompt_cache_key', 'safety_identifier', 'service_tier', 'user', 'background', 'top_logprobs'];
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'];
const REASONS = ['max_output_tokens', 'max_messages', 'content_filter', 'steered'];
const TYPES = { 400: 'invalid_request_error', 401: 'invalid_request_error', 403: 'permission_error', 404: 'invalid_request_error',
  429: 'rate_limit_error' };

function failed(status, message, param = null, code = null) {
  const headers = { ...ID };
  if (settings.retryAfter !== undefined) headers['retry-after'] = settings.retryAfter;
  return { status, headers, json: { error: { message, type: TYPES[status] ?? 'server_error', param, code } } };
}

/// Whether every object has all its properties and no others, as strict mode wants it.
function isStrict(schema) {
  if (typeof schema !== 'object' || schema === null) return true;
  if (schema.type === 'object') {
    const names = Object.keys(schema.properties ?? {});
    if (schema.additionalProperties !== false || !names.every(name => schema.required?.includes(name))) return false;
  }
  return Object.values(schema).every(isStrict);
}

/// [what is wrong, with which parameter, the code of the error], or nothing.
function wrongFormat(format) {
  if (settings.noSchema) return ["Unsupported parameter: 'text.format' is not supported with this model.", 'text.format', 'unsupported_parameter'];
  const other = surplus(format, ['type', 'name', 'description', 'strict', 'schema'], 'text.format.');
  if (other) return [`Unknown parameter: ${other}`, 'text.format', 'unknown_parameter'];
  if (format.type !== 'json_schema') return format.type === 'text' ? undefined : ["Invalid value for 'text.format.type'.", 'text.format.type', 'invalid_value'];
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(format.name ?? '')) return ["Missing required parameter: 'text.format.name'.", 'text.format.name', 'missing_required_parameter'];
  if (typeof format.schema !== 'object') return ["Missing required parameter: 'text.format.schema'.", 'text.format.schema', 'missing_required_parameter'];
  if (format.schema.type !== 'object' || (format.strict && !isStrict(format.schema)))
    return [`Invalid schema for response_format '${format.name}'`, 'text.format.schema', 'invalid_json_schema'];
  return undefined;
}

const PARTS = { input_text: ['text'], input_image: ['image_url', 'detail', 'file_id'],
  input_file: ['filename', 'file_data', 'file_url', 'file_id', 'detail'] };

/// What is wrong with a part of an input message.
function wrongPart(part, role) {
  if (part.type === 'output_text' && role === 'assistant') return undefined;
  const fields = PARTS[part.type];
  if (!fields) return `Invalid value: '${part.type}'. Supported values are: 'input_text', 'input_image', and 'input_file'.`;
  if (part.type !== 'input_text' && role !== 'user') return `Invalid value: '${part.type}'.`;
  const other = surplus(part, ['type', ...fields], 'content.');
  if (other) return `Unknown parameter: ${other}`;
  if (part.type === 'input_text') return typeof part.text === 'string' ? undefined : "Missing required parameter: 'text'.";
  if (part.type === 'input_image') {
    if (![undefined, 'auto', 'low', 'high', 'original'].includes(part.detail)) return "Invalid value for 'detail'.";
    return String(part.image_url).startsWith('data:') ? wrongDataUri(part.image_url, IMAGES) : wrongUrl(part.image_url);
  }
  if (part.file_url !== undefined) return part.file_data === undefined ? wrongUrl(part.file_url) : 'Mutually exclusive parameters.';
  return part.filename ? wrongDataUri(part.file_data, ['application/pdf', 'text/plain']) : "Missing required parameter: 'filename'.";
}

function mistake(body) {
  if (typeof body !== 'object' || body === null) return ['We could not parse the JSON body of your request.'];
  const other = Object.keys(body).find(key => !FIELDS.includes(key));
  if (other) return [`Unknown parameter: '${other}'.`, other, 'unknown_parameter'];
  if (typeof body.model !== 'string') return ["Missing required parameter: 'model'.", 'model', 'missing_required_parameter'];
  const input = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input;
  if (!Array.isArray(input) || input.length === 0) return ["Missing required parameter: 'input'.", 'input', 'missing_required_parameter'];
  for (const [i, item] of input.entries()) {
    if (!['user', 'assistant', 'system', 'developer'].includes(item.role)) return [`Invalid value: '${item.role}'.`, `input[${i}]`, 'invalid_value'];
    if (typeof item.content !== 'string' && !Array.isArray(item.content)) return ['Invalid type for content.', `input[${i}].content`, 'invalid_type'];
    const parts = Array.isArray(item.content) ? item.content : [];
    const wrong = parts.map(part => wrongPart(part, item.role)).find(Boolean);
    if (wrong) return [wrong, `input[${i}].content`, 'invalid_value'];
    const more = surplus(item, ['type', 'role', 'content', 'phase'], '');
    if (more) return [`Unknown parameter: ${more}`, `input[${i}]`, 'unknown_parameter'];
  }
  if (body.max_output_tokens !== undefined && !(body.max_output_tokens >= 16))
    return ["Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16.", 'max_output_tokens', 'integer_below_min_value'];
  if (body.temperature !== undefined && !(body.temperature >= 0 && body.temperature <= 2)) return ["Invalid 'temperature'.", 'temperature', 'decimal_above_max_value'];
  if (body.reasoning && !EFFORTS.includes(body.reasoning.effort)) return [`Invalid value: '${body.reasoning.effort}'.`, 'reasoning.effort', 'invalid_value'];
  return body.text?.format && wrongFormat(body.text.format);
}

function messageOf(text) {
  const part = settings.stop === 'refusal' ? { type: 'refusal', refusal: text } : { type: 'output_text', annotations: [], logprobs: [], text };
  return { id: 'msg_mock', type: 'message', role: 'assistant', status: 'completed', content: [part] };
}

/// What a reasoning model shows of its thoughts; no part of the answer.
const THOUGHT = { id: 'rs_mock', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Let me think.' }],
  content: [{ type: 'reasoning_text', text: 'Hm.' }] };

function responseOf(body, output) {
  const base = { id: 'resp_mock', object: 'response', created_at: 1767225600, status: 'completed', error: null, incomplete_details: null,
    instructions: null, metadata: {}, model: `${body.model}-2026-01-01`, output, parallel_tool_calls: true, temperature: 1,
    tool_choice: 'auto', tools: [], top_p: 1, store: body.store ?? true,
    usage: { input_tokens: 7, input_tokens_details: { cached_tokens: 3, cache_write_tokens: 0 }, output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 4 }, total_tokens: 12 } };
  if (!settings.stop || settings.stop === 'refusal') return base;
  if (REASONS.includes(settings.stop)) return { ...base, status: 'incomplete', incomplete_details: { reason: settings.stop } };
  return { ...base, status: 'failed', output: [], usage: null, error: { code: settings.stop, message: 'The model could not answer.' } };
}

function stream(whole, message, text) {
  let number = 0;
  const event = (type, more) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number++, ...more })}\n\n`;
  const begun = { ...whole, status: 'in_progress', output: [], error: null, incomplete_details: null, usage: null };
  const events = [event('response.created', { response: begun }), event('response.in_progress', { response: begun })];
  const end = then => ({ headers: ID, events, then });
  if (whole.status === 'failed') {
    events.push(event('response.failed', { response: whole }));
    return end('end');
  }
  events.push(event('response.output_item.added', { output_index: 0, item: { ...THOUGHT, summary: [], content: [] } }),
    event('response.output_item.done', { output_index: 0, item: THOUGHT }),
    event('response.output_item.added', { output_index: 1, item: { ...message, status: 'in_progress', content: [] } }));
  const at = { item_id: message.id, output_index: 1, content_index: 0 };
  const [part] = message.content;
  const key = part.type === 'refusal' ? 'refusal' : 'text';
  const name = part.type === 'refusal' ? 'response.refusal' : 'response.output_text';
  const more = key === 'text' ? { logprobs: [] } : {};
  events.push(event('response.content_part.added', { ...at, part: { ...part, [key]: '' } }));
  let parts = pieces(text, settings.chunk);
  const half = ['close-mid-stream', 'end-mid-stream', 'error-mid-stream'].includes(settings.malformed);
  if (half) parts = parts.slice(0, Math.ceil(parts.length / 2));
  for (const delta of parts) events.push(event(`${name}.delta`, { ...at, delta, ...more }));
  if (settings.malformed === 'garbage') events.push('event: response.output_text.delta\ndata: {"type": }\n\n');
  if (settings.malformed === 'error-mid-stream')
    events.push(event('error', { code: 'server_error', message: 'The model is overloaded.', param: null }));
  if (half) return end(settings.malformed === 'close-mid-stream' ? 'close' : 'end');
  events.push(event(`${name}.done`, { ...at, [key]: text, ...more }), event('response.content_part.done', { ...at, part }),
    event('response.output_item.done', { output_index: 1, item: message }),
    event(`response.${whole.status}`, { response: whole }));
  return end('end');
}

serve((request, body) => {
  if (request.method !== 'POST' || request.url !== '/v1/responses') return failed(404, `Invalid URL (${request.method} ${request.url})`);
  const key = request.headers.authorization?.replace(/^Bearer /, '');
  if (!key || (settings.key && key !== settings.key)) return failed(401, 'Incorrect API key provided.', null, 'invalid_api_key');
  if (settings.error && settings.errorCount-- > 0) return failed(settings.error, 'This error was asked for.');
  const wrong = mistake(body);
  if (wrong) return failed(400, ...wrong);
  if (settings.malformed === 'html') return { html: true };
  const last = typeof body.input === 'string' ? body.input : body.input[body.input.length - 1].content;
  const asked = typeof last === 'string' ? last : last.map(part => part.text ?? '').join('');
  const schema = body.text?.format?.schema;
  const text = settings.reply ?? (schema ? JSON.stringify(instance(schema, schema)) : `echo: ${asked}`);
  const message = messageOf(text);
  const whole = responseOf(body, [THOUGHT, message]);
  return body.stream ? stream(whole, message, text) : { headers: ID, json: whole };
});
