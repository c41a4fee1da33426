#!/usr/bin/env node
// Anthropic's messages API on loopback, as its reference has it: strict about requests, with switches (mock.cjs).
'use strict';

const { IMAGES, wrongData, wrongUrl } = require('./media.cjs');
const { instance, options, pieces, serve, surplus } = require('./mock.cjs');

const settings = options(process.argv.slice(2));
const VERSIONS = ['2023-06-01', '2026-10-21'];  // the later one comes from the SDK
const ID = { 'request-id': 'req_mock' };
const FIELDS = ['model', 'max_tokens', 'messages', 'system', 'temperature', 'top_p', 'top_k', 'stop_sequences', 'stream',
  'metadata', 'tools', 'tool_choice', 'thinking', 'output_config', 'service_tier', 'cache_control'];
const TYPES = { 400: 'invalid_request_error', 401: 'authentication_error', 402: 'billing_error', 403: 'permission_error',
  404: 'not_found_error', 413: 'request_too_large', 429: 'rate_limit_error', 500: 'api_error', 529: 'overloaded_error' };

function failed(status, message) {
  const headers = { ...ID };
  if (settings.retryAfter !== undefined) headers['retry-after'] = settings.retryAfter;
  const error = { type: TYPES[status] ?? 'api_error', message };
  return { status, headers, json: { type: 'error', error, request_id: 'req_mock' } };
}

function isText(content) {
  if (typeof content === 'string') return content !== '';
  return Array.isArray(content) && content.length > 0 && content.every(block => block.type === 'text' && block.text?.trim());
}

function wrongSource(block) {
  const { source } = block;
  const more = surplus(block, ['type', 'source', 'title', 'context', 'citations', 'cache_control'], `${block.type}.`);
  if (more || typeof source !== 'object' || source === null) return more ?? `${block.type}.source: Field required`;
  if (source.type === 'url') return surplus(source, ['type', 'url'], 'source.') ?? wrongUrl(source.url);
  const other = surplus(source, ['type', 'media_type', 'data'], 'source.');
  if (other) return other;
  if (source.type === 'base64') return wrongData(source.media_type, source.data, block.type === 'image' ? IMAGES : ['application/pdf']);
  const plain = source.type === 'text' && block.type === 'document' && source.media_type === 'text/plain' && source.data;
  return plain ? undefined : `source: Input tag '${source.type}' does not match any of the expected tags`;
}

/// What is wrong with the content of a turn.
function wrongContent(content, role) {
  if (typeof content === 'string') return content === '' ? 'content must be non-empty' : undefined;
  if (!Array.isArray(content) || content.length === 0) return 'content must be non-empty';
  for (const block of content) {
    if (block.type === 'text') {
      if (!block.text?.trim()) return 'text content blocks must contain non-whitespace text';
    } else if (!['image', 'document'].includes(block.type) || role !== 'user') {
      return `content: Input tag '${block.type}' does not match any of the expected tags`;
    } else {
      const wrong = wrongSource(block);
      if (wrong) return wrong;
    }
  }
  return undefined;
}

function textOf(content) {
  return typeof content === 'string' ? content : content.map(block => block.text ?? '').join('');
}

/// Whether every object says that it has no other members.
function isClosed(schema) {
  if (typeof schema !== 'object' || schema === null) return true;
  if (schema.type === 'object' && schema.additionalProperties !== false) return false;
  return Object.values(schema).every(isClosed);
}

function mistake(request, body) {
  if (!VERSIONS.includes(request.headers['anthropic-version'])) return 'anthropic-version: header is required';
  if (typeof body !== 'object' || body === null) return 'the body is not JSON';
  const other = surplus(body, FIELDS, '');
  if (other) return other;
  if (typeof body.model !== 'string') return 'model: Field required';
  if (!Number.isInteger(body.max_tokens) || body.max_tokens < 1) return 'max_tokens: Field required';
  if (!Array.isArray(body.messages) || body.messages.length === 0) return 'messages: at least one message is required';
  if (body.messages[0].role !== 'user') return 'messages: first message must use the "user" role';
  for (const [i, message] of body.messages.entries()) {
    if (!['user', 'assistant'].includes(message.role)) return `messages.${i}.role: Input should be 'user' or 'assistant'`;
    const wrong = wrongContent(message.content, message.role);
    if (wrong) return `messages.${i}: ${wrong}`;
  }
  if (body.system !== undefined && !isText(body.system)) return 'system: text content blocks must be non-empty';
  if (body.temperature !== undefined && !(body.temperature >= 0 && body.temperature <= 1))
    return 'temperature: range: 0..1';
  const format = body.output_config?.format;
  if (format && settings.noSchema) return 'output_config.format: Extra inputs are not permitted';
  if (format && (format.type !== 'json_schema' || !isClosed(format.schema)))
    return 'output_config.format.schema: For \'object\' type, \'additionalProperties\' must be explicitly set to false';
  return undefined;
}

const event = data => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

function stream(message, text) {
  const { output_tokens: count, ...input } = message.usage;
  const start = { ...message, content: [], stop_reason: null, usage: { ...input, output_tokens: 1 } };
  const events = [event({ type: 'message_start', message: start }),
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }), event({ type: 'ping' })];
  let parts = pieces(text, settings.chunk);
  const half = settings.malformed === 'close-mid-stream' || settings.malformed === 'error-mid-stream';
  if (half) parts = parts.slice(0, Math.ceil(parts.length / 2));
  for (const part of parts)
    events.push(event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: part } }));
  if (settings.malformed === 'garbage') events.push('event: content_block_delta\ndata: {"type": }\n\n');
  if (settings.malformed === 'error-mid-stream')
    events.push(event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }));
  if (half) return { headers: ID, events, then: settings.malformed === 'close-mid-stream' ? 'close' : 'end' };
  events.push(event({ type: 'content_block_stop', index: 0 }),
    event({ type: 'message_delta', delta: { stop_reason: message.stop_reason, stop_sequence: null },
      usage: { output_tokens: count } }),
    event({ type: 'message_stop' }));
  return { headers: ID, events };
}

serve((request, body) => {
  if (request.method !== 'POST' || !request.url.endsWith('/v1/messages')) return failed(404, 'Not found');
  const key = request.headers['x-api-key'] ?? request.headers.authorization?.replace(/^Bearer /, '');
  if (!key || (settings.key && key !== settings.key))
    return failed(401, 'invalid x-api-key');
  if (settings.error && settings.errorCount-- > 0) return failed(settings.error, 'This error was asked for.');
  const wrong = mistake(request, body);
  if (wrong) return failed(400, wrong);
  if (settings.malformed === 'html') return { html: true };
  const schema = body.output_config?.format?.schema;
  const asked = textOf(body.messages[body.messages.length - 1].content);
  const text = settings.reply ?? (schema ? JSON.stringify(instance(schema, schema)) : `echo: ${asked}`);
  const message = { id: 'msg_mock', type: 'message', role: 'assistant', model: body.model + '-20260101',
    content: [{ type: 'text', text }], stop_reason: settings.stop ?? 'end_turn', stop_sequence: null,
    usage: { input_tokens: 7, cache_creation_input_tokens: 2, cache_read_input_tokens: 3, output_tokens: 5,
      output_tokens_details: { thinking_tokens: 1 } } };
  return body.stream ? stream(message, text) : { headers: ID, json: message };
});
