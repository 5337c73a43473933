// Answers of a cluster of three nodes, as the API gives them.
#pragma once

namespace taskdriver::testing {

inline constexpr const char* well_cluster = R"({
  "cluster": "main", "askedNode": "n1", "controller": "n2", "registerReachable": true,
  "replicas": 3, "shards": 2, "shardsServed": 2, "problems": [],
  "nodes": [
    {"id": "n1", "state": "up", "store": "00000000000000a1", "clusterAddress": "127.0.0.1:4001",
     "connected": true, "primaries": 1, "replicasInSync": 2},
    {"id": "n2", "state": "draining", "store": "00000000000000a2",
     "clusterAddress": "127.0.0.1:4002", "connected": true, "primaries": 1, "replicasInSync": 2}],
  "streams": [{"shard": 1, "from": "n1", "to": "n2", "bytes": 2097152, "seconds": 3}]})";

inline constexpr const char* ill_cluster = R"({
  "cluster": "main", "askedNode": "n1", "registerReachable": false,
  "replicas": 3, "shards": 2, "shardsServed": 1,
  "problems": [
    {"severity": "error", "text": "shard 1 not served", "advice": "start n3"},
    {"severity": "warning", "text": "node n3 is gone since 14 s"}],
  "nodes": [
    {"id": "n1", "state": "up", "store": "00000000000000a1", "clusterAddress": "127.0.0.1:4001",
     "connected": true, "primaries": 1, "replicasInSync": 2},
    {"id": "n3", "state": "gone", "store": "00000000000000a3", "clusterAddress": "127.0.0.1:4003",
     "connected": false, "goneSeconds": 14, "primaries": 1, "replicasInSync": 2}],
  "streams": []})";

/// Shard 0 is well; shard 1 lost n1 and n2 and has a copy on n3 that is not in sync.
inline constexpr const char* shards = R"([
  {"shard": 0, "epoch": 3, "primary": "n1", "serving": true, "minInSync": 2,
   "inSync": ["n1", "n2"], "wanted": ["n1", "n2"], "pinned": true, "replicas": [
    {"node": "n1", "store": "00000000000000a1", "inSync": true, "wanted": true, "reported": true,
     "role": "primary", "serving": true, "epoch": 3, "lastIndex": 90, "durableIndex": 90,
     "commitIndex": 88, "appliedIndex": 88, "lagEntries": 0, "reportedMsAgo": 0},
    {"node": "n2", "store": "00000000000000a2", "inSync": true, "wanted": true, "reported": true,
     "role": "backup", "serving": false, "epoch": 3, "lastIndex": 88, "durableIndex": 88,
     "commitIndex": 87, "appliedIndex": 87, "lagEntries": 2, "reportedMsAgo": 900}]},
  {"shard": 1, "epoch": 7, "primary": "n2", "serving": false, "minInSync": 2,
   "inSync": ["n1", "n2"], "wanted": ["n1", "n2", "n3"], "pinned": false, "replicas": [
    {"node": "n1", "store": "00000000000000a1", "inSync": true, "wanted": true, "reported": false},
    {"node": "n2", "store": "00000000000000a2", "inSync": true, "wanted": true, "reported": false},
    {"node": "n3", "store": "00000000000000a3", "inSync": false, "wanted": true, "reported": true,
     "role": "learner", "serving": false, "epoch": 6, "lastIndex": 55, "durableIndex": 55,
     "commitIndex": 50, "appliedIndex": 50, "reportedMsAgo": 1200},
    {"node": "n4", "store": "00000000000000a4", "inSync": false, "wanted": false, "reported": true,
     "role": "learner", "serving": false, "epoch": 6, "lastIndex": 57, "durableIndex": 57,
     "commitIndex": 50, "appliedIndex": 50, "reportedMsAgo": 1200}]}])";

}  // namespace taskdriver::testing
