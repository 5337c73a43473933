// The judge of a cluster as the nodes see it: a small linearizable key-value register with
// compare-and-swap, watches and presence. Implemented by etcd_coordinator and, for tests, in
// memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace taskdriver::cluster {

/// A key's value and the revision of its last change; revision 0 = the key is absent.
struct register_value {
  std::string value;
  std::int64_t revision = 0;
};
struct register_item {
  std::string key;
  register_value at;  // revision 0 in a watch event: deleted
};
struct register_snapshot {
  std::vector<register_item> items;  // by key
  std::int64_t revision = 0;         // of the whole register: watch from here on
};

enum class change_outcome {
  applied,
  conflict,  // the key had another revision; nothing was changed
  unknown,   // no answer: it may be applied at any later time, too (R11)
};

class watch_observer {
public:
  virtual ~watch_observer() = default;
  /// In the order of revisions, each once. After a gap that cannot be filled (compaction) there is
  /// a snapshot() instead.
  virtual void changed(const std::vector<register_item>& items) = 0;
  virtual void snapshot(const register_snapshot& all) = 0;
};

/// Thread: any; callbacks come on the coordinator's own thread and must not block. Every callback
/// is called exactly once, also at the end (with unavailable). No call blocks.
class coordinator {
public:
  using read_done = std::function<void(result<register_value>)>;
  using list_done = std::function<void(result<register_snapshot>)>;
  using change_done = std::function<void(change_outcome)>;

  virtual ~coordinator() = default;

  /// Linearizable. Fails: unavailable (no answer in time), internal (nonsense was answered).
  virtual void read(const std::string& key, read_done done) = 0;
  /// All keys that start with `prefix`, linearizable.
  virtual void list(const std::string& prefix, list_done done) = 0;
  /// Sets `key` if its revision is `expected` (0: absent), for good.
  virtual void change(const std::string& key, std::int64_t expected, std::string value,
                      change_done done) = 0;
  virtual void remove(const std::string& key, std::int64_t expected, change_done done) = 0;
  /// Begins with a snapshot, then every change; resumes by itself after an outage. Ends when
  /// `observer` is the only owner left.
  virtual void watch(const std::string& prefix, std::shared_ptr<watch_observer> observer) = 0;
  /// Keeps `key` = `value` there for as long as this process lives: under a lease of `ttl_s` that
  /// is renewed, and made anew after an outage. A second call for the same key replaces the value.
  virtual void announce(const std::string& key, std::string value, int ttl_s) = 0;
  /// Tries to be the one owner of `key` (the controller election); `changed(true)` when it became
  /// it, `changed(false)` when it can no longer be sure to be. For work that is safe when two do
  /// it.
  virtual void campaign(const std::string& key, std::string value, int ttl_s,
                        std::function<void(bool)> changed) = 0;
  /// For /health and tdctl: did the register answer within the last few seconds?
  virtual bool reachable() const = 0;
};

}  // namespace taskdriver::cluster
