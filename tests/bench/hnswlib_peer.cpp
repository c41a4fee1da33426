#include "tests/bench/hnswlib_peer.h"

#include <mutex>
#include <unordered_map>

#include <hnswlib/hnswlib.h>

struct HnswlibPeer {
  hnswlib::InnerProductSpace space;
  hnswlib::HierarchicalNSW<float> graph;

  HnswlibPeer(size_t count, size_t dimensions, size_t m, size_t ef_construction)
      : space(dimensions), graph(&space, count, m, ef_construction) {}
};

HnswlibPeer* hnswlib_peer_build(const float* vectors, size_t count, size_t dimensions, size_t m,
                                size_t ef_construction) {
  auto* peer = new HnswlibPeer(count, dimensions, m, ef_construction);
  for (size_t i = 0; i < count; ++i) peer->graph.addPoint(vectors + i * dimensions, i);
  return peer;
}

size_t hnswlib_peer_search(HnswlibPeer* peer, const float* query, size_t top, size_t ef, uint64_t* labels) {
  peer->graph.setEf(ef);
  auto found = peer->graph.searchKnn(query, top);
  const size_t count = found.size();
  for (size_t i = count; !found.empty(); found.pop()) labels[--i] = found.top().second;
  return count;
}

void hnswlib_peer_free(HnswlibPeer* peer) {
  delete peer;
}
