// Runs Google's official SDK against mock_gemini (path in $MOCK).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, GoogleGenAI } from '@google/genai';
import { PDF, PNG, startMock, TOOLS } from './start_mock.mjs';

/** Starts a mock with `switches` and gives a client for it. */
async function clientOf(switches = [], apiKey = 'test-key') {
  return new GoogleGenAI({ apiKey, httpOptions: { baseUrl: await startMock(switches) } });
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

const tools = [{ functionDeclarations: TOOLS.map(({ name, description, parameters }) => ({ name, description, parametersJsonSchema: parameters })) }];

/** All parts of a stream as one content. */
async function gather(stream) {
  const parts = [];
  for await (const each of stream) parts.push(...(each.candidates[0].content?.parts ?? []));
  return { role: 'model', parts: parts.filter(part => !part.thought) };
}

test('tools are called side by side, and their results answered', async () => {
  const client = await clientOf();
  const question = { role: 'user', parts: [{ text: 'Is it raining?' }] };
  const whole = await client.models.generateContent({ model, contents: [question], config: { tools } });
  assert.deepEqual(whole.functionCalls.map(({ name, args }) => [name, args]), [['weather', { city: 'text' }], ['time', {}]]);
  const streamed = await gather(await client.models.generateContentStream({ model, contents: [question], config: { tools } }));
  for (const content of [whole.candidates[0].content, streamed]) {
    const calls = content.parts.filter(part => part.functionCall).map(part => part.functionCall);
    const parts = calls.map(({ id, name }) => ({ functionResponse: { id, name, response: { output: `${name}: fine;` } } }));
    const contents = [question, content, { role: 'user', parts }];
    assert.equal((await client.models.generateContent({ model, contents, config: { tools } })).text, 'echo: weather: fine;time: fine;');
    // A call without its signature is refused, and so is a result too few.
    const unsigned = { role: 'model', parts: content.parts.map(({ thoughtSignature, ...part }) => part) };
    for (const wrong of [[question, unsigned, { role: 'user', parts }], [question, content, { role: 'user', parts: parts.slice(1) }], [question, content]])
      await assert.rejects(client.models.generateContent({ model, contents: wrong, config: { tools } }), error => error.status === 400);
  }
});

test('a tool is chosen, or none', async () => {
  const client = await clientOf();
  const forced = await client.models.generateContent({ model, contents: 'hi', config: { tools,
    toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['time'] } } } });
  assert.deepEqual(forced.functionCalls.map(call => call.name), ['time']);
  const none = await client.models.generateContent({ model, contents: 'hi', config: { tools, toolConfig: { functionCallingConfig: { mode: 'NONE' } } } });
  assert.equal(none.text, 'echo: hi');
});

test('what is wrong about tools and thoughts is refused', async () => {
  const client = await clientOf();
  for (const config of [{ tools: [{ functionDeclarations: [{ name: 'a b', parametersJsonSchema: { type: 'object' } }] }] },
    { tools, responseMimeType: 'application/json' }, { thinkingConfig: { thinkingBudget: 100, thinkingLevel: 'LOW' } }])
    await assert.rejects(client.models.generateContent({ model, contents: 'hi', config }), error => error.status === 400, JSON.stringify(config));
  for (const thinkingConfig of [{ thinkingBudget: 100 }, { thinkingLevel: 'LOW' }])
    assert.equal((await client.models.generateContent({ model, contents: 'hi', config: { thinkingConfig } })).text, 'echo: hi');
});

test('an image stands among the parts of an answer', async () => {
  const client = await clientOf(['--image', PNG]);
  const response = await client.models.generateContent({ model, contents: 'hi' });
  assert.equal(response.data, PNG);
});

test('the web is searched, whole and as a stream', async () => {
  const client = await clientOf();
  const question = { model, contents: 'When is high tide?', config: { tools: [{ googleSearch: {} }] } };
  const whole = await client.models.generateContent(question);
  assert.equal(whole.text, 'echo: When is high tide?');
  assert.equal(whole.candidates[0].groundingMetadata.groundingChunks[0].web.uri, 'https://example.com/tides');
  let queries;
  for await (const part of await client.models.generateContentStream(question))
    queries = part.candidates[0].groundingMetadata?.webSearchQueries ?? queries;
  assert.deepEqual(queries, ['tides', 'tides at noon']);
  const both = { ...question, config: { tools: [{ googleSearch: {} }, { functionDeclarations: [{ name: 'time' }] }] } };
  await assert.rejects(client.models.generateContent(both), ApiError);
});
