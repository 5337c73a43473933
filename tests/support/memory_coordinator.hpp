// A register for several nodes in memory, in place of etcd: time, delays, lost requests and answers
// and outages are the test's. Deterministic: the same calls give the same callbacks in the same
// order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/coordinator/coordinator.hpp"
#include "cluster/replica/configuration.hpp"

namespace taskdriver::testing {

class memory_coordinator;

/// What happens to one request.
struct request_fate {
  std::int64_t request_ms = 0;  // until it arrives
  std::int64_t answer_ms = 0;   // from there until the answer does
  bool request_lost = false;    // nothing happens, and no answer
  bool answer_lost = false;     // it happens, but nobody hears of it
};

/// The register and its clock. Nothing runs but inside advance() and settle(); in the synchronous
/// mode every call of a coordinator settles by itself (a call out of a callback is settled when
/// that callback is back).
/// Thread: one. Must outlive its coordinators. Owns: the values.
class memory_register {
public:
  enum class mode { stepped, synchronous };

  explicit memory_register(mode m = mode::stepped) : mode_(m) {}

  /// The coordinator of a node's process. Destroyed, it is a process that died: what is not
  /// answered yet hears its end, and its announced keys stay until their time is over.
  std::unique_ptr<memory_coordinator> connect(const cluster::node_name& node);

  /// Runs everything that is due up to `now_ms`, in its order.
  void advance(std::int64_t now_ms);
  /// Runs everything that is due now.
  void settle() { advance(now_ms_); }
  std::int64_t now_ms() const { return now_ms_; }
  /// When the next thing is due; nullopt if nothing will ever happen by itself.
  std::optional<std::int64_t> next_ms() const;

  /// An unreachable node's requests are lost, its watches stand still and its leases run out.
  void set_reachable(const cluster::node_name& node, bool reachable);
  /// Asked for every request of a node; without it every request is answered at once.
  void decide_fates(std::function<request_fate(const cluster::node_name&)> decide);
  /// Forgets past changes: watches that have not seen them begin again with a snapshot.
  void compact() { history_.clear(); }

  /// What an operator would see and do, at once.
  cluster::register_value peek(const std::string& key) const;
  void put(const std::string& key, std::string value);
  void erase(const std::string& key);
  std::int64_t revision() const { return revision_; }

private:
  friend class memory_coordinator;

  struct stored {
    std::string value;
    std::int64_t revision = 0;
    std::uint64_t lease = 0;
  };
  struct event {
    std::int64_t due_ms = 0;
    std::uint64_t order = 0;
    bool operator<(const event& other) const {
      return std::pair(due_ms, order) < std::pair(other.due_ms, other.order);
    }
  };

  void at(std::int64_t due_ms, std::function<void()> action);
  void called() {
    if (mode_ == mode::synchronous) settle();
  }
  void set(const std::string& key, std::string value, std::uint64_t lease);
  void record(const std::string& key, cluster::register_value now);
  cluster::register_snapshot all(const std::string& prefix) const;
  void renew(std::uint64_t lease, std::int64_t ttl_ms);
  void expire(std::uint64_t lease);

  const mode mode_;
  std::int64_t now_ms_ = 0;
  std::uint64_t orders_ = 0;
  bool running_ = false;
  std::map<event, std::function<void()>> events_;
  std::map<std::string, stored> values_;
  std::int64_t revision_ = 1;
  std::vector<cluster::register_item> history_;   // revision in at.revision, deletions apart
  std::set<std::int64_t> deletions_;              // revisions of history_ that took a key away
  std::map<std::uint64_t, std::int64_t> leases_;  // and when they run out
  std::uint64_t last_lease_ = 0;
  std::set<cluster::node_name> unreachable_;
  std::set<memory_coordinator*> coordinators_;
  std::function<request_fate(const cluster::node_name&)> decide_;
};

/// A node's side of the register. Thread: that of the register.
class memory_coordinator final : public cluster::coordinator {
public:
  static constexpr std::int64_t timeout_ms = 2000;  // a request without an answer

  memory_coordinator(memory_register& shared, cluster::node_name node);
  ~memory_coordinator() override;

  void read(const std::string& key, read_done done) override;
  void list(const std::string& prefix, list_done done) override;
  void change(const std::string& key, std::int64_t expected, std::string value,
              change_done done) override;
  void remove(const std::string& key, std::int64_t expected, change_done done) override;
  void watch(const std::string& prefix, std::shared_ptr<cluster::watch_observer> observer) override;
  void announce(const std::string& key, std::string value, int ttl_s) override;
  void campaign(const std::string& key, std::string value, int ttl_s,
                std::function<void(bool)> changed) override;
  bool reachable() const override;

private:
  friend class memory_register;

  struct watcher {
    std::string prefix;
    std::shared_ptr<cluster::watch_observer> observer;
    std::int64_t seen = 0;  // revision; 0: had no snapshot yet
  };
  struct announced {
    std::string value;
    std::int64_t ttl_ms = 0;
    std::uint64_t lease = 0;
  };
  struct candidate {
    announced what;
    std::function<void(bool)> changed;
    bool owner = false;
    std::int64_t confirmed_ms = 0;
  };

  void request(std::function<void()> at_register, std::function<void(bool)> answered);
  void change_if(const std::string& key, std::int64_t expected, std::optional<std::string> value,
                 change_done done);
  void after(std::int64_t ms, std::function<void()> action);
  void deliver();
  void deliver_to(watcher& to);
  void keep_announced(const std::string& key);
  void keep_campaigning(const std::string& key);

  memory_register& shared_;
  const cluster::node_name node_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::uint64_t requests_ = 0;
  std::map<std::uint64_t, std::function<void(bool)>> open_;
  std::vector<std::shared_ptr<watcher>> watchers_;
  std::map<std::string, announced> announced_;
  std::map<std::string, candidate> candidates_;
};

}  // namespace taskdriver::testing
