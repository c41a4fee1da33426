// One chain, as each library would have it written: outline, paragraph, edit; each step's prompt holds the reply to
// the one before. Each entry loads its library and gives a function from topic to final text.
import { baseUrl } from './measure.mjs';

const audience = 'busy engineers';
const model = 'gpt-4o-mini';
const apiKey = 'sk-bench';

const steps = [
  v => `As a planner for ${v.audience}, list what a text about ${v.topic} must cover. Three bullets, short, no sources, nothing before them.`,
  v => `As a writer for ${v.audience}, make one paragraph of this outline:\n${v.previous}\nThe topic is ${v.topic}.`,
  v => `As an editor for ${v.audience}, shorten this text about ${v.topic}:\n${v.previous}\nGive the text alone.`,
];
/** The same prompts with `{name}` in place of values, for libraries with templates of their own. */
const templates = steps.map(step => step({ audience: '{audience}', topic: '{topic}', previous: '{previous}' }));

/** The chain over `ask(prompt) -> text`, written as a plain loop. */
const loopOver = ask => async topic => {
  let previous = '';
  for (const step of steps) previous = await ask(step({ audience, topic, previous }));
  return previous;
};

const body = content => JSON.stringify({ model, messages: [{ role: 'user', content }] });

async function langchainSteps() {
  const { ChatOpenAI } = await import('@langchain/openai');
  const { ChatPromptTemplate } = await import('@langchain/core/prompts');
  const { StringOutputParser } = await import('@langchain/core/output_parsers');
  const chat = new ChatOpenAI({ model, apiKey, configuration: { baseURL: baseUrl } });
  return templates.map(text => ChatPromptTemplate.fromMessages([['human', text]]).pipe(chat).pipe(new StringOutputParser()));
}

export const implementations = {
  async fetch() {
    return loopOver(async prompt => {
      const response = await fetch(`${baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
        body: body(prompt),
      });
      return (await response.json()).choices[0].message.content;
    });
  },

  async openai() {
    const { default: OpenAI } = await import('openai');
    const client = new OpenAI({ baseURL: baseUrl, apiKey });
    return loopOver(async prompt => {
      const completion = await client.chat.completions.create({ model, messages: [{ role: 'user', content: prompt }] });
      return completion.choices[0].message.content;
    });
  },

  async langchain() {
    const { RunnablePassthrough, RunnableSequence } = await import('@langchain/core/runnables');
    const [outline, paragraph, edit] = await langchainSteps();
    const chain = RunnableSequence.from([
      RunnablePassthrough.assign({ previous: outline }),
      RunnablePassthrough.assign({ previous: paragraph }),
      edit,
    ]);
    return topic => chain.invoke({ audience, topic, previous: '' });
  },

  async langgraph() {
    const { Annotation, StateGraph } = await import('@langchain/langgraph');
    const State = Annotation.Root({ audience: Annotation(), topic: Annotation(), previous: Annotation() });
    const graph = new StateGraph(State);
    let last = '__start__';
    (await langchainSteps()).forEach((step, i) => {
      graph.addNode(`step${i}`, async state => ({ previous: await step.invoke(state) }));
      graph.addEdge(last, `step${i}`);
      last = `step${i}`;
    });
    graph.addEdge(last, '__end__');
    const app = graph.compile();
    return async topic => (await app.invoke({ audience, topic, previous: '' })).previous;
  },

  async aisdk() {
    const { createOpenAI } = await import('@ai-sdk/openai');
    const { generateText } = await import('ai');
    const chat = createOpenAI({ baseURL: baseUrl, apiKey }).chat(model);
    return loopOver(async prompt => (await generateText({ model: chat, prompt })).text);
  },

  async baml() {
    const { b } = await import('./baml_client/index.js');
    return async topic => {
      const outline = await b.Outline(audience, topic);
      const paragraph = await b.Paragraph(audience, topic, outline);
      return b.Edit(audience, topic, paragraph);
    };
  },
};
