// Runs the official Anthropic SDK against mock_anthropic (path in $MOCK).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';

const children = [];
after(() => children.forEach(child => child.kill('SIGTERM')));

/** Starts a mock with `switches` and gives a client for it. */
async function clientOf(switches = [], options = {}) {
  const child = spawn(process.env.MOCK, switches, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', code => reject(new Error(`mock_anthropic ended with ${code}`)));
  });
  const baseURL = `http://127.0.0.1:${port}`;
  const client = new Anthropic({ baseURL, apiKey: 'sk-ant-test', maxRetries: 2, ...options });
  client.stats = async () => (await fetch(`${baseURL}/stats`)).json();
  return client;
}

const ask = content => ({ model: 'claude-sonnet-5', max_tokens: 100, messages: [{ role: 'user', content }] });

test('a plain message', async () => {
  const client = await clientOf();
  const message = await client.messages.create({ ...ask('good day'), system: 'Be kind.' });
  assert.equal(message.content[0].text, 'echo: good day');
  assert.equal(message.stop_reason, 'end_turn');
  assert.equal(message.model, 'claude-sonnet-5-20260101');
  assert.equal(message._request_id, 'req_mock');
  assert.equal(message.usage.cache_read_input_tokens, 3);
});

test('a stream, as events and as the helper gathers it', async () => {
  const text = '안녕하세요, "world"\n';
  const client = await clientOf(['--reply', text, '--chunk', '4']);
  let got = '', pieces = 0, ended = false;
  for await (const event of await client.messages.create({ ...ask('hi'), stream: true })) {
    if (event.type === 'content_block_delta') { got += event.delta.text; pieces++; }
    ended = event.type === 'message_stop';
  }
  assert.equal(got, text);
  assert.ok(pieces > 3);
  assert.ok(ended);
  const message = await client.messages.stream(ask('hi')).finalMessage();
  assert.equal(message.content[0].text, text);
  assert.equal(message.stop_reason, 'end_turn');
  assert.equal(message.usage.output_tokens, 5);
});

test('a schema gives an instance of it', async () => {
  const client = await clientOf();
  const schema = { type: 'object', additionalProperties: false, required: ['urgency'],
    properties: { urgency: { type: 'string', enum: ['low', 'high'] } } };
  const message = await client.messages.create(
    { ...ask('triage'), output_config: { format: { type: 'json_schema', schema } } });
  assert.deepEqual(JSON.parse(message.content[0].text), { urgency: 'low' });
});

test('an open schema is refused', async () => {
  const client = await clientOf();
  const format = { type: 'json_schema', schema: { type: 'object' } };
  await assert.rejects(client.messages.create({ ...ask('x'), output_config: { format } }), Anthropic.BadRequestError);
});

test('an overloaded service is tried again', async () => {
  const client = await clientOf(['--error', '529:1', '--retry-after', '0.01']);
  const message = await client.messages.create(ask('again'));
  assert.equal(message.content[0].text, 'echo: again');
  assert.equal((await client.stats()).requests, 2);
});

test('429 for ever is a RateLimitError', async () => {
  const client = await clientOf(['--error', '429', '--retry-after', '0.01']);
  await assert.rejects(client.messages.create(ask('again')), Anthropic.RateLimitError);
  assert.equal((await client.stats()).requests, 3);
});

test('a wrong key is an AuthenticationError', async () => {
  const client = await clientOf(['--key', 'right']);
  await assert.rejects(client.messages.create(ask('hi')), error =>
    error instanceof Anthropic.AuthenticationError && error.error.error.type === 'authentication_error');
});

test('what the API does not know is a BadRequestError', async () => {
  const client = await clientOf();
  await assert.rejects(client.messages.create({ ...ask('hi'), messages: [] }), Anthropic.BadRequestError);
  await assert.rejects(client.messages.create({ ...ask('hi'), seed: 1 }), Anthropic.BadRequestError);
});

test('an error within a stream is one', async () => {
  const client = await clientOf(['--malformed', 'error-mid-stream', '--reply', 'a longer text', '--chunk', '2']);
  const stream = await client.messages.create({ ...ask('hi'), stream: true });
  await assert.rejects(async () => { for await (const event of stream) assert.ok(event.type); }, /Overloaded|overloaded/);
});

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const PDF = 'JVBERi0xLjQK';

test('images and documents stand among the text', async () => {
  const client = await clientOf();
  const content = [{ type: 'text', text: 'What is ' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
    { type: 'image', source: { type: 'url', url: 'https://example.com/cup.jpg' } },
    { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF } },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a manual' } },
    { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } }, { type: 'text', text: 'this?' }];
  assert.equal((await client.messages.create(ask(content))).content[0].text, 'echo: What is this?');
});

test('media that are not what they say, and blank text, are refused', async () => {
  const client = await clientOf();
  for (const part of [{ type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: PNG } },
    { type: 'image', source: { type: 'base64', media_type: 'application/pdf', data: PDF } }, { type: 'text', text: ' \n' },
    { type: 'image', source: { type: 'url', url: 'http://example.com/cup.jpg' } }, { type: 'audio', source: { type: 'base64', data: PNG } },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: `data:image/png;base64,${PNG}` } }])
    await assert.rejects(client.messages.create(ask([part])), Anthropic.BadRequestError, JSON.stringify(part));
});
