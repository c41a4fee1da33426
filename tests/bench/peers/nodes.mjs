// node nodes.mjs COUNT: LangGraph, COUNT nodes in a row, each of which adds one; the cost of a node when run, and of
// building and compiling the graph.
import { cpuMs, median, report } from './measure.mjs';
const { Annotation, StateGraph } = await import('@langchain/langgraph');

const count = +process.argv[2];
const State = Annotation.Root({ sum: Annotation() });

function build() {
  const graph = new StateGraph(State);
  let last = '__start__';
  for (let i = 0; i < count; i++) {
    graph.addNode(`n${i}`, state => ({ sum: state.sum + 1 }));
    graph.addEdge(last, `n${i}`);
    last = `n${i}`;
  }
  graph.addEdge(last, '__end__');
  return graph.compile();
}

async function cpuOf(work, times) {
  const taken = [];
  for (let i = 0; i < times; i++) {
    const begin = cpuMs();
    await work();
    taken.push(cpuMs() - begin);
  }
  return (median(taken) * 1000) / count;
}

const graph = build();
const run = async () => {
  const { sum } = await graph.invoke({ sum: 0 }, { recursionLimit: 1e9 });
  if (sum !== count) throw new Error(`${sum} of ${count} nodes ran`);
};
await run();
const times = count >= 1000 ? 5 : 21;
report({ impl: 'langgraph', nodes: count, bad: 0, us_per_node: await cpuOf(run, times), compile_us_per_node: await cpuOf(build, times) });
