// Runs Google's official SDK against mock_gemini (path in $MOCK).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { ApiError, GoogleGenAI } from '@google/genai';

const children = [];
after(() => children.forEach(child => child.kill('SIGTERM')));

/** Starts a mock with `switches` and gives a client for it. */
async function clientOf(switches = [], apiKey = 'test-key') {
  const child = spawn(process.env.MOCK, switches, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', code => reject(new Error(`mock_gemini ended with ${code}`)));
  });
  return new GoogleGenAI({ apiKey, httpOptions: { baseUrl: `http://127.0.0.1:${port}` } });
}

const model = 'gemini-3-flash';

test('a plain answer', async () => {
  const client = await clientOf();
  const response = await client.models.generateContent({ model, contents: 'good day',
    config: { systemInstruction: 'Be kind.', temperature: 0.5, maxOutputTokens: 100, stopSequences: ['x'] } });
  assert.equal(response.text, 'echo: good day');
  assert.equal(response.candidates[0].finishReason, 'STOP');
  assert.equal(response.modelVersion, 'gemini-3-flash-001');
  assert.equal(response.usageMetadata.thoughtsTokenCount, 4);
});

test('a stream, its thoughts apart', async () => {
  const text = '안녕하세요, "world"\n';
  const client = await clientOf(['--reply', text, '--chunk', '4']);
  let got = '', pieces = 0, reason;
  for await (const part of await client.models.generateContentStream({ model, contents: 'hi' })) {
    got += part.text ?? '';
    pieces++;
    reason = part.candidates[0].finishReason ?? reason;
  }
  assert.equal(got, text);
  assert.ok(pieces > 3);
  assert.equal(reason, 'STOP');
});

test('a schema gives an instance of it', async () => {
  const client = await clientOf();
  const schema = { type: 'object', required: ['urgency'], properties: { urgency: { type: 'string', enum: ['low', 'high'] } } };
  const response = await client.models.generateContent({ model, contents: 'triage',
    config: { responseMimeType: 'application/json', responseJsonSchema: schema } });
  assert.deepEqual(JSON.parse(response.text), { urgency: 'low' });
});

test('errors have their status', async () => {
  for (const status of [400, 429, 503]) {
    const client = await clientOf(['--error', String(status)]);
    await assert.rejects(client.models.generateContent({ model, contents: 'hi' }),
      error => error instanceof ApiError && error.status === status);
  }
});

test('a wrong key is refused', async () => {
  const client = await clientOf(['--key', 'right']);
  await assert.rejects(client.models.generateContent({ model, contents: 'hi' }), /API key not valid/);
});

test('a blocked question has no candidates', async () => {
  const client = await clientOf(['--stop', 'BLOCKED']);
  const response = await client.models.generateContent({ model, contents: 'hi' });
  assert.equal(response.promptFeedback.blockReason, 'SAFETY');
});

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const PDF = 'JVBERi0xLjQK';

test('media stand among the text', async () => {
  const client = await clientOf();
  const contents = [{ role: 'user', parts: [{ text: 'What is ' }, { inlineData: { mimeType: 'image/png', data: PNG } },
    { inlineData: { mimeType: 'application/pdf', data: PDF } }, { fileData: { mimeType: 'video/mp4', fileUri: 'https://example.com/a.mp4' } },
    { fileData: { fileUri: 'https://example.com/film' } }, { text: 'this?' }] }];
  assert.equal((await client.models.generateContent({ model, contents })).text, 'echo: What is this?');
});

test('media that are not what they say are refused', async () => {
  const client = await clientOf();
  for (const part of [{ inlineData: { mimeType: 'image/gif', data: PNG } }, { inlineData: { mimeType: 'image/jpeg', data: PNG } },
    { inlineData: { data: PNG } }, { fileData: { fileUri: 'http://example.com/a.mp4' } }])
    await assert.rejects(client.models.generateContent({ model, contents: [{ role: 'user', parts: [part] }] }),
      error => error instanceof ApiError && error.status === 400, JSON.stringify(part));
});
