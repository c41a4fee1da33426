// Runs the official Anthropic SDK against mock_anthropic (path in $MOCK).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { PDF, PNG, startMock, statsOf, TOOLS } from './start_mock.mjs';

/** Starts a mock with `switches` and gives a client for it. */
async function clientOf(switches = [], options = {}) {
  const baseURL = await startMock(switches);
  const client = new Anthropic({ baseURL, apiKey: 'sk-ant-test', maxRetries: 2, ...options });
  client.stats = () => statsOf(baseURL);
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

const tools = TOOLS.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters }));

/** The turn that answers every call of `message`. */
const resultsOf = message => ({ role: 'user', content: message.content.filter(block => block.type === 'tool_use')
  .map(({ id, name }) => ({ type: 'tool_result', tool_use_id: id, content: `${name}: fine` })) });

test('tools are called side by side, and their results answered', async () => {
  const client = await clientOf();
  for (const more of [{}, { max_tokens: 2000, thinking: { type: 'enabled', budget_tokens: 1024 } }]) {
    const question = { ...ask('Is it raining?'), tools, ...more };
    for (const first of [await client.messages.create(question), await client.messages.stream(question).finalMessage()]) {
      assert.equal(first.stop_reason, 'tool_use');
      const calls = first.content.filter(block => block.type === 'tool_use');
      assert.deepEqual(calls.map(({ name, input }) => [name, input]), [['weather', { city: 'text' }], ['time', {}]]);
      assert.equal(first.content[0].type, more.thinking ? 'thinking' : 'text');
      const messages = [...question.messages, { role: 'assistant', content: first.content }, resultsOf(first)];
      const last = await client.messages.create({ ...question, messages });
      assert.equal(last.content.at(-1).text, 'echo: weather: fine time: fine');
      // What was thought is to be shown again; and no call stays open.
      const lost = { role: 'assistant', content: first.content.filter(block => block.type !== 'thinking' && block.type !== 'text') };
      const wrong = more.thinking ? [question.messages[0], lost, resultsOf(first)] : messages.slice(0, 2);
      await assert.rejects(client.messages.create({ ...question, messages: wrong }), Anthropic.BadRequestError);
    }
  }
});

test('a tool is chosen, or none', async () => {
  const client = await clientOf();
  const forced = await client.messages.create({ ...ask('hi'), tools, tool_choice: { type: 'tool', name: 'time' } });
  assert.deepEqual(forced.content.filter(block => block.type === 'tool_use').map(block => block.name), ['time']);
  const none = await client.messages.create({ ...ask('hi'), tools, tool_choice: { type: 'none' } });
  assert.equal(none.content[0].text, 'echo: hi');
});

test('what is wrong about tools, thoughts and cache hints is a BadRequestError', async () => {
  const client = await clientOf();
  const thinking = { type: 'enabled', budget_tokens: 1024 };
  for (const more of [{ tools: [{ name: 'a b', input_schema: { type: 'object' } }] }, { tools: [{ name: 'a', parameters: {} }] },
    { tools, tool_choice: { type: 'tool', name: 'other' } }, { tool_choice: { type: 'any' } }, { thinking }, { thinking: { type: 'deep' } },
    { max_tokens: 2000, thinking, temperature: 0.5 }, { max_tokens: 2000, thinking, tools, tool_choice: { type: 'any' } },
    { output_config: { effort: 'deep' } }, { system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '2h' } }] },
    { system: Array(5).fill({ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }) }])
    await assert.rejects(client.messages.create({ ...ask('hi'), ...more }), Anthropic.BadRequestError, JSON.stringify(more));
});

test('effort and cache hints are taken', async () => {
  const client = await clientOf();
  const system = [{ type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral', ttl: '1h' } }];
  const message = await client.messages.create({ ...ask('hi'), system, output_config: { effort: 'low' }, thinking: { type: 'adaptive' } });
  assert.equal(message.content[0].thinking, 'Let me think.');
  assert.equal(message.usage.cache_creation.ephemeral_5m_input_tokens, 2);
});

const SEARCH = { type: 'web_search_20250305', name: 'web_search', max_uses: 3, allowed_domains: ['example.com'] };

test('the web is searched, and a paused answer goes on', async () => {
  const client = await clientOf(['--pauses', '1']);
  const question = { ...ask('When is high tide?'), tools: [SEARCH] };
  for (const send of [body => client.messages.create(body), body => client.messages.stream(body).finalMessage()]) {
    const begun = await send(question);
    assert.equal(begun.stop_reason, 'pause_turn');
    assert.equal(begun.usage.server_tool_use.web_search_requests, 1);
    assert.deepEqual(begun.content.map(block => block.type), ['text', 'server_tool_use', 'web_search_tool_result']);
    const rest = await send({ ...question, messages: [...question.messages, { role: 'assistant', content: begun.content }] });
    assert.equal(rest.stop_reason, 'end_turn');
    assert.equal(rest.content.at(-1).text, 'echo: When is high tide?');
    assert.equal(rest.content.at(-1).citations[0].url, 'https://example.com/tides');
  }
});

test('what is wrong about a search is refused', async () => {
  const client = await clientOf();
  const refused = body => assert.rejects(client.messages.create({ ...ask('x'), ...body }), Anthropic.BadRequestError);
  await refused({ tools: [{ ...SEARCH, max_uses: 0 }] });
  await refused({ tools: [{ ...SEARCH, allowed_domains: ['https://example.com'] }] });
  const schema = { type: 'object', additionalProperties: false, properties: {} };
  await refused({ tools: [SEARCH], output_config: { format: { type: 'json_schema', schema } } });
});
