// Runs Ollama's official SDK against mock_embed (path in $MOCK).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { Ollama } from 'ollama';

const children = [];
after(() => children.forEach(child => child.kill('SIGTERM')));

async function clientOf(switches = []) {
  const child = spawn(process.env.MOCK, switches, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', code => reject(new Error(`mock_embed ended with ${code}`)));
  });
  return new Ollama({ host: `http://127.0.0.1:${port}` });
}

test('embeddings of several texts, and of one', async () => {
  const client = await clientOf();
  const many = await client.embed({ model: 'nomic-embed-text', input: ['one', 'three'], truncate: false });
  assert.deepEqual(many.embeddings.map(each => each[0]), [3, 5]);
  assert.equal(many.prompt_eval_count, 4);
  const one = await client.embed({ model: 'nomic-embed-text', input: 'one', dimensions: 2 });
  assert.equal(one.embeddings.length, 1);
  assert.equal(one.embeddings[0].length, 2);
});

test('a model that is not there', async () => {
  const client = await clientOf();
  await assert.rejects(client.embed({ model: 'missing', input: 'one' }), error => error.status_code === 404);
});
