// Starts the mock that a test of an SDK runs against (path in $MOCK), and ends it with the test.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after } from 'node:test';

const children = [];
after(() => children.forEach(child => child.kill('SIGTERM')));

/** Starts the mock with `switches` and gives its URL. */
export async function startMock(switches = []) {
  const child = spawn(process.env.MOCK, switches, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', code => reject(new Error(`${process.env.MOCK} ended with ${code}`)));
  });
  return `http://127.0.0.1:${port}`;
}

/** How many requests the mock at `url` has had, and more. */
export const statsOf = async url => (await fetch(`${url}/stats`)).json();

/** The smallest PNG, and how a PDF begins. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
export const PDF = 'JVBERi0xLjQK';

/** Two tools, by name, description and parameters. */
export const TOOLS = [
  { name: 'weather', description: 'of a city', parameters: { type: 'object', required: ['city'], additionalProperties: false,
    properties: { city: { type: 'string' } } } },
  { name: 'time', description: 'now', parameters: { type: 'object', properties: {} } }];
