// hnswlib as it comes, in a library of its own that is compiled with all that this machine's level
// (x86-64-v3) has: what our graph index is measured against.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

struct HnswlibPeer;

/// Of `count` vectors of unit length, labelled from 0.
[[gnu::visibility("default")]] HnswlibPeer* hnswlib_peer_build(const float* vectors, size_t count,
                                                               size_t dimensions, size_t m,
                                                               size_t ef_construction);
/// Writes at most `top` labels, and returns how many.
[[gnu::visibility("default")]] size_t hnswlib_peer_search(HnswlibPeer* peer, const float* query, size_t top,
                                                          size_t ef, uint64_t* labels);
[[gnu::visibility("default")]] void hnswlib_peer_free(HnswlibPeer* peer);
}
