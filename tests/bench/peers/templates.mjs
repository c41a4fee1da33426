// node templates.mjs ENGINE: a prompt of about 1 KB with five variables, a branch and a loop over five documents. The
// template is parsed beforehand where the engine allows it.
import { createRequire } from 'node:module';
import { report, timeEach } from './measure.mjs';

const require = createRequire(import.meta.url);

const values = {
  role: 'support engineer', product: 'AcmeDB', user: 'kim', tone: 'concise', strict: true,
  question: 'How do I change the master key while clients are connected?',
  docs: Array.from({ length: 5 }, (_, i) => ({
    id: `doc${i}`,
    text: `Section ${i} of the handbook says how keys are kept, who may read them, when they expire, and what a client sees while the server goes from one key to the next.`,
  })),
};

const jinja = `You are a {{ role }} for {{ product }}. Answer {{ user }} in a {{ tone }} tone.
{% if strict %}Use the documents below and nothing else; say so where they do not help.
{% endif %}Documents:
{% for d in docs %}[{{ d.id }}] {{ d.text }}
{% endfor %}
Question: {{ question }}
Answer:`;

const handlebars = jinja
  .replace('{% if strict %}', '{{#if strict}}').replace('{% endif %}', '{{/if}}')
  .replace('{% for d in docs %}', '{{#each docs}}').replace('{% endfor %}', '{{/each}}')
  .replaceAll('{{ d.', '{{ ');
const mustache = handlebars
  .replace('{{#if strict}}', '{{#strict}}').replace('{{/if}}', '{{/strict}}')
  .replace('{{#each docs}}', '{{#docs}}').replace('{{/each}}', '{{/docs}}')
  .replace(/\{\{ (\w+) \}\}/g, '{{{$1}}}');

const engines = {
  literal: () => () =>
    `You are a ${values.role} for ${values.product}. Answer ${values.user} in a ${values.tone} tone.\n` +
    (values.strict ? 'Use the documents below and nothing else; say so where they do not help.\n' : '') +
    `Documents:\n${values.docs.map(d => `[${d.id}] ${d.text}\n`).join('')}\nQuestion: ${values.question}\nAnswer:`,
  handlebars: () => {
    const render = require('handlebars').compile(handlebars, { noEscape: true });
    return () => render(values);
  },
  nunjucks: () => {
    const { Environment, compile } = require('nunjucks');
    const template = compile(jinja, new Environment(null, { autoescape: false }));
    return () => template.render(values);
  },
  liquidjs: () => {
    const { Liquid } = require('liquidjs');
    const liquid = new Liquid();
    const template = liquid.parse(jinja);
    return () => liquid.renderSync(template, values);
  },
  mustache: () => {
    const { render } = require('mustache');
    return () => render(mustache, values);
  },
  hfjinja: () => {
    const { Template } = require('@huggingface/jinja');
    const template = new Template(jinja);
    return () => template.render(values);
  },
  langchain: async () => {
    const { PromptTemplate } = await import('@langchain/core/prompts');
    const prompt = PromptTemplate.fromTemplate(mustache, { templateFormat: 'mustache' });
    return () => prompt.format(values);
  },
  baml: async () => {  // renders and builds the HTTP request, which is what its interface offers
    const { b } = await import('./baml_client/index.js');
    return () => b.request.Answer(values.role, values.product, values.user, values.tone, values.strict, values.docs, values.question);
  },
};

const name = process.argv[2];
const render = await engines[name]();
const text = await render();
if (typeof text === 'string' && text.replace(/\s+/g, ' ').trim() !== engines.literal()().replace(/\s+/g, ' ').trim()) {
  throw new Error(`${name} renders something else:\n${text}`);
}
const { cpu_us, wall_us } = await timeEach(render);
report({ impl: name, bad: 0, us_per_render: wall_us, cpu_us_per_render: cpu_us });
