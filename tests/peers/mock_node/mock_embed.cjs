#!/usr/bin/env node
// Ollama's /api/embed and Gemini's batchEmbedContents on loopback, strict about requests.
'use strict';

const { options, serve, surplus } = require('./mock.cjs');

const settings = options(process.argv.slice(2));
const vectorOf = (text, dimensions) => Array.from({ length: dimensions }, (_, i) => (i === 0 ? text.length : i / 4));

function ollama(body) {
  const failed = (status, error) => ({ status, json: { error } });
  const other = surplus(body ?? {}, ['model', 'input', 'truncate', 'dimensions', 'keep_alive', 'options'], '');
  if (other) return failed(400, other);
  if (typeof body?.model !== 'string' || body.model === '') return failed(400, 'model is required');
  const input = typeof body.input === 'string' ? [body.input] : body.input;
  if (!Array.isArray(input) || !input.every(text => typeof text === 'string')) return failed(400, 'invalid input type');
  if (body.model === 'missing') return failed(404, `model "${body.model}" not found, try pulling it first`);
  return { json: { model: body.model, embeddings: input.map(text => vectorOf(text, body.dimensions ?? 4)), total_duration: 14143917,
    load_duration: 1019500, prompt_eval_count: 2 * input.length } };
}

function gemini(model, body) {
  const failed = message => ({ status: 400, json: { error: { code: 400, message, status: 'INVALID_ARGUMENT' } } });
  if (!Array.isArray(body?.requests) || body.requests.length === 0) return failed('at least one request is required');
  if (body.requests.length > 100) return failed('at most 100 requests can be in one batch');
  for (const each of body.requests) {
    const other = surplus(each, ['model', 'content', 'taskType', 'title', 'outputDimensionality'], 'requests.');
    if (other) return failed(other);
    if (each.model !== `models/${model}`) return failed(`the model of a request is not ${model}`);
    if (!Array.isArray(each.content?.parts) || !each.content.parts.every(part => typeof part.text === 'string'))
      return failed('content is required');
  }
  return { json: { embeddings: body.requests.map(each => ({
    values: vectorOf(each.content.parts.map(part => part.text).join(''), each.outputDimensionality ?? 4) })) } };
}

serve((request, body) => {
  const path = /^\/v1(?:beta)?\/models\/([^:?]+):batchEmbedContents$/.exec(request.url);
  if (settings.error && settings.errorCount-- > 0)
    return { status: settings.error, json: { error: { code: settings.error, message: 'This error was asked for.' } } };
  if (request.method === 'POST' && request.url === '/api/embed') return ollama(body);
  if (request.method !== 'POST' || !path) return { status: 404, json: { error: { code: 404, message: 'Not found' } } };
  if (!request.headers['x-goog-api-key']) return { status: 400, json: { error: { code: 400, message: 'API key not valid.' } } };
  return gemini(path[1], body);
});
