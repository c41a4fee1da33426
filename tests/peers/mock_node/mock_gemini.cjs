#!/usr/bin/env node
// Gemini's generateContent on loopback, as its reference has it: strict about requests, with switches (mock.cjs).
'use strict';

const { wrongData, wrongUrl } = require('./media.cjs');
const { instance, options, pieces, serve, surplus } = require('./mock.cjs');

const settings = options(process.argv.slice(2));
const FIELDS = ['contents', 'systemInstruction', 'generationConfig', 'safetySettings', 'tools', 'toolConfig', 'cachedContent'];
const CONFIG = ['temperature', 'topP', 'topK', 'maxOutputTokens', 'stopSequences', 'candidateCount', 'seed', 'responseMimeType',
  'responseJsonSchema', 'responseSchema', 'thinkingConfig'];
const STATUS = { 400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL', 503: 'UNAVAILABLE', 504: 'DEADLINE_EXCEEDED' };

function failed(status, message) {
  const headers = settings.retryAfter === undefined ? {} : { 'retry-after': settings.retryAfter };
  return { status, headers, json: { error: { code: status, message, status: STATUS[status] ?? 'UNKNOWN' } } };
}

const MEDIA = ['image/png', 'image/jpeg', 'image/webp', 'audio/wav', 'audio/mpeg', 'audio/ogg', 'audio/flac', 'video/mp4', 'video/webm',
  'video/quicktime', 'application/pdf', 'text/plain'];

/// A part is a text, or data, or where a file is.
function wrongPart(part) {
  const kinds = ['text', 'inlineData', 'fileData'].filter(kind => part[kind] !== undefined);
  const other = surplus(part, ['text', 'inlineData', 'fileData', 'thought', 'mediaResolution'], 'Unknown name ');
  if (other) return `Invalid JSON payload received. ${other}`;
  if (kinds.length !== 1) return "contents.parts must have exactly one of 'data'";
  const { inlineData, fileData } = part;
  if (inlineData)
    return surplus(inlineData, ['mimeType', 'data'], 'Unknown name ') ?? wrongData(inlineData.mimeType, inlineData.data, MEDIA);
  if (!fileData) return undefined;
  if (fileData.mimeType !== undefined && !MEDIA.includes(fileData.mimeType)) return `Unsupported MIME type: ${fileData.mimeType}`;
  return surplus(fileData, ['mimeType', 'fileUri'], 'Unknown name ') ?? wrongUrl(fileData.fileUri);
}

function mistake(body) {
  if (typeof body !== 'object' || body === null) return 'Invalid JSON payload received.';
  const other = surplus(body, FIELDS, 'Unknown name ') ?? surplus(body.generationConfig ?? {}, CONFIG, 'Unknown name ');
  if (other) return `Invalid JSON payload received. ${other}`;
  if (!Array.isArray(body.contents) || body.contents.length === 0) return 'contents is not specified';
  for (const content of body.contents) {
    if (!['user', 'model', undefined].includes(content.role)) return 'Please use a valid role: user, model.';
    if (!Array.isArray(content.parts) || content.parts.length === 0) return 'contents.parts must not be empty.';
    const wrong = content.parts.map(wrongPart).find(Boolean);
    if (wrong) return wrong;
  }
  const config = body.generationConfig ?? {};
  if (config.temperature !== undefined && !(config.temperature >= 0 && config.temperature <= 2))
    return 'temperature must be in the range [0.0, 2.0]';
  if (config.responseJsonSchema && settings.noSchema) return 'Unknown name "responseJsonSchema" at \'generation_config\'';
  if (config.responseJsonSchema && config.responseMimeType !== 'application/json')
    return 'responseJsonSchema needs responseMimeType application/json';
  return undefined;
}

function answerOf(model, text, finish) {
  const candidate = { content: { parts: [{ text }], role: 'model' }, index: 0 };
  if (finish) candidate.finishReason = finish;
  return { candidates: [candidate], modelVersion: `${model}-001`, responseId: 'mock',
    usageMetadata: { promptTokenCount: 7, cachedContentTokenCount: 3, candidatesTokenCount: 5, thoughtsTokenCount: 4,
      totalTokenCount: 16 } };
}

serve((request, body) => {
  const path = /^\/v1(?:beta)?\/models\/([^:?]+):(generateContent|streamGenerateContent)(\?alt=sse)?$/.exec(request.url);
  if (request.method !== 'POST' || !path) return failed(404, 'Not found');
  const key = request.headers['x-goog-api-key'];
  if (!key || (settings.key && key !== settings.key)) return failed(400, 'API key not valid. Please pass a valid API key.');
  if (settings.error && settings.errorCount-- > 0) return failed(settings.error, 'This error was asked for.');
  const wrong = mistake(body);
  if (wrong) return failed(400, wrong);
  if (settings.malformed === 'html') return { html: true };
  const [, model, method] = path;
  const schema = body.generationConfig?.responseJsonSchema;
  const asked = body.contents[body.contents.length - 1].parts.map(part => part.text ?? '').join('');
  const text = settings.reply ?? (schema ? JSON.stringify(instance(schema, schema)) : `echo: ${asked}`);
  const finish = settings.stop ?? 'STOP';
  if (settings.stop === 'BLOCKED')
    return method === 'generateContent' ? { json: { promptFeedback: { blockReason: 'SAFETY' } } }
      : { events: [`data: ${JSON.stringify({ promptFeedback: { blockReason: 'SAFETY' } })}\r\n\r\n`] };
  if (method === 'generateContent') return { json: answerOf(model, text, finish) };
  let parts = pieces(text, settings.chunk);
  const half = settings.malformed === 'close-mid-stream' || settings.malformed === 'error-mid-stream';
  if (half) parts = parts.slice(0, Math.ceil(parts.length / 2));
  const events = [`data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text: 'Let me think.', thought: true }] },
    index: 0 }], modelVersion: `${model}-001` })}\r\n\r\n`];
  parts.forEach((part, i) => events.push(
    `data: ${JSON.stringify(answerOf(model, part, !half && i + 1 === parts.length ? finish : undefined))}\r\n\r\n`));
  if (parts.length === 0 && !half) events.push(`data: ${JSON.stringify(answerOf(model, '', finish))}\r\n\r\n`);
  if (settings.malformed === 'garbage') events.splice(2, 0, 'data: {"candidates": [}\r\n\r\n');
  if (settings.malformed === 'error-mid-stream')
    events.push(`data: ${JSON.stringify({ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } })}\r\n\r\n`);
  return { events, then: settings.malformed === 'close-mid-stream' ? 'close' : 'end' };
});
