// What the mocks make of tools: which of them are called, and with which arguments.
'use strict';

const { instance } = require('./mock.cjs');

/// Why `name` is none that a tool may have; undefined if it is one.
function wrongName(name) {
  return typeof name === 'string' && /^[a-zA-Z0-9_-]{1,64}$/.test(name) ? undefined : `'${name}' does not match '^[a-zA-Z0-9_-]{1,64}$'`;
}

/// Why `schema` is none for parameters; undefined if it is one.
function wrongSchema(schema) {
  return typeof schema === 'object' && schema !== null && schema.type === 'object' ? undefined : 'the schema of parameters must be an object of type "object"';
}

/// The calls that answer a question with `tools` ({name, schema}): of all of them, or of the one that is `chosen`. Each has
/// the simplest arguments that its schema allows.
function callsOf(tools, chosen) {
  return tools.filter(tool => chosen === undefined || tool.name === chosen)
    .map((tool, i) => ({ id: `call_mock_${i}`, name: tool.name, args: instance(tool.schema ?? {}, tool.schema ?? { type: 'object' }) ?? {} }));
}

/// The calls of a model that obeys: for each `DO NAME {...}` of `texts`, what others have said, a call of that tool with those
/// arguments, unless it is among `made` ({name, args}).
function obeyedCalls(texts, made) {
  const known = new Set(made.map(({ name, args }) => `${name} ${JSON.stringify(args)}`));
  const calls = [];
  for (const [, name, json] of texts.join('\n').matchAll(/DO (\w+) (\{[^{}]*\})/g)) {
    let args;
    try {
      args = JSON.parse(json);
    } catch {
      continue;
    }
    const key = `${name} ${JSON.stringify(args)}`;
    if (known.has(key)) continue;
    known.add(key);
    calls.push({ id: `call_obeyed_${known.size}`, name, args });
  }
  return calls;
}

module.exports = { callsOf, obeyedCalls, wrongName, wrongSchema };
