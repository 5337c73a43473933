// Joining: a few reads and compare-and-swaps, one after the other, patiently.
#include "cluster/node/membership.hpp"

#include <chrono>
#include <future>
#include <thread>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

namespace taskdriver::cluster {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds between_tries{200};
constexpr int tries_per_log_line = 25;
/// Longer than a live key outlives its process.
constexpr std::int64_t predecessor_ms = (live_ttl_s + 5) * 1000;

/// The register as a blocking thing.
class patient_register {
public:
  patient_register(coordinator& judge, const std::function<bool()>& give_up)
      : judge_(judge), give_up_(give_up) {}

  result<register_value> read(const std::string& key) {
    for (;;) {
      std::promise<result<register_value>> answer;
      judge_.read(key, [&](result<register_value> value) { answer.set_value(std::move(value)); });
      auto value = answer.get_future().get();
      if (value || value.error().code != errc::unavailable) return value;
      if (!pause("register not reachable", value.error().text)) return stopped();
    }
  }
  change_outcome change(const std::string& key, std::int64_t expected, std::string value) {
    std::promise<change_outcome> answer;
    judge_.change(key, expected, std::move(value),
                  [&](change_outcome outcome) { answer.set_value(outcome); });
    return answer.get_future().get();
  }
  /// False: it is time to give up.
  bool pause(const char* why, const std::string& detail) {
    if (give_up_()) return false;
    if (tries_++ % tries_per_log_line == 0) log_event(log_level::warn, why, {{"detail", detail}});
    std::this_thread::sleep_for(between_tries);
    return !give_up_();
  }
  static error_info stopped() {
    return {errc::unavailable, "stopped while waiting for the register"};
  }

private:
  coordinator& judge_;
  const std::function<bool()>& give_up_;
  int tries_ = 0;
};

class joining {
public:
  joining(coordinator& judge, const joining_node& who, const std::function<bool()>& give_up)
      : judge_(judge), asked_(judge, give_up), keys_(who.cluster), who_(who) {}

  result<cluster_record> run() {
    auto record = find_cluster();
    if (!record) return record;
    if (auto fits = check_cluster(*record); !fits) return fits.error();
    if (auto alone = wait_for_predecessor(); !alone) return alone.error();
    if (auto registered = register_node(); !registered) return registered.error();
    if (record->founder == self())
      if (auto founded = found_shards(); !founded) return founded.error();
    judge_.announce(keys_.live(who_.node), encode(who_.live), live_ttl_s);
    return record;
  }

private:
  member self() const { return {who_.node, who_.live.store}; }
  std::string quoted() const { return "\"" + who_.cluster + "\""; }

  result<cluster_record> find_cluster() {
    for (;;) {
      auto there = asked_.read(keys_.cluster());
      if (!there) return there.error();
      if (there->revision != 0) return decode_cluster_record(there->value);
      if (auto may = may_make_cluster(); !may) return may.error();
      if (who_.adopt && !who_.has_data) {
        if (!asked_.pause("cluster not made yet", "the node with the data to adopt makes it"))
          return patient_register::stopped();
        continue;
      }
      cluster_record made{
          .shards = who_.shards, .created_ms = system_time().now().wall_ms, .id = random_u64() | 1};
      if (who_.has_data) made.founder = self();
      // Whatever the outcome: what is read now counts.
      if (asked_.change(keys_.cluster(), 0, encode(made)) == change_outcome::applied)
        log_event(log_level::info, "cluster made", {{"cluster", who_.cluster}});
      else if (!asked_.pause("cluster not made yet", "another node was faster, or no answer"))
        return patient_register::stopped();
    }
  }
  result<void> may_make_cluster() const {
    if (who_.remembered)
      return error_info{errc::wrong_state,
                        "the data directory belongs to cluster " + quoted() +
                            ", of which the register knows nothing: is --etcd the right one? If "
                            "its data is lost, see \"Loss of etcd\" in docs/operations.md"};
    if (who_.has_data && !who_.adopt) return not_empty();
    return {};
  }
  error_info not_empty() const {
    return {errc::wrong_state,
            "the data directory holds the data of a single node. To begin a new cluster with it, "
            "start this node first and once with --cluster-adopt; to join cluster " +
                quoted() + ", give it an empty directory"};
  }

  result<void> check_cluster(const cluster_record& record) const {
    if (who_.remembered && who_.remembered->id != record.id)
      return error_info{errc::wrong_state,
                        "the data directory belongs to another cluster that was "
                        "called " +
                            quoted() + " too"};
    if (!who_.remembered && who_.has_data && record.founder != self()) return not_empty();
    if (record.shards != who_.shards)
      return error_info{errc::wrong_state,
                        "cluster " + quoted() + " has " + std::to_string(record.shards) +
                            " shards and this data directory " + std::to_string(who_.shards) +
                            ": start with an empty directory and --shards " +
                            std::to_string(record.shards)};
    return {};
  }

  /// Whoever lives under this name from the same store was this node's last process: the directory
  /// is locked by this one.
  result<void> wait_for_predecessor() {
    const auto until = system_time().now().steady_ms + predecessor_ms;
    for (;;) {
      const auto there = asked_.read(keys_.live(who_.node));
      if (!there) return there.error();
      if (there->revision == 0) return {};
      const auto other = decode_live_record(there->value);
      if (!other || other->store == who_.live.store) return {};
      if (system_time().now().steady_ms >= until)
        return error_info{errc::name_taken, "node id " + who_.node + " is in use by a process at " +
                                                other->cluster_address};
      if (!asked_.pause("node id still in use", other->cluster_address))
        return patient_register::stopped();
    }
  }

  result<void> register_node() {
    const auto key = keys_.node(who_.node);
    for (;;) {
      const auto there = asked_.read(key);
      if (!there) return there.error();
      node_record wanted{.store = who_.live.store,
                         .cluster_address = who_.live.cluster_address,
                         .http_address = who_.live.http_address};
      if (there->revision != 0) {
        const auto old = decode_node_record(there->value);
        if (!old) return old.error();
        const bool same = old->store == wanted.store;
        if (same && old->state == node_state::removed) return removed();
        if (same) wanted.state = old->state;
        if (*old == wanted) return {};
        if (!same)
          log_event(log_level::warn, "node comes back with another data directory",
                    {{"node", who_.node}});
      }
      if (asked_.change(key, there->revision, encode(wanted)) == change_outcome::applied) return {};
      if (!asked_.pause("node not registered yet", key)) return patient_register::stopped();
    }
  }
  error_info removed() const {
    return {errc::forbidden, "node " + who_.node + " was removed from cluster " + quoted() +
                                 "; to join again it needs an empty data directory"};
  }

  /// R37. Written before anything else of the shard can be: nobody but the founder may.
  result<void> found_shards() {
    for (std::uint16_t i = 0; i < who_.shards; ++i) {
      const shard_configuration first{.epoch = who_.epochs[i] + 1,
                                      .primary = who_.node,
                                      .in_sync = {self()},
                                      .min_in_sync = 1,
                                      .change = {who_.node, who_.live.boot, 0}};
      for (;;) {
        const auto there = asked_.read(keys_.shard(i));
        if (!there) return there.error();
        if (there->revision != 0) break;
        (void)asked_.change(keys_.shard(i), 0, encode(first));
      }
    }
    return {};
  }

  coordinator& judge_;
  patient_register asked_;
  const register_keys keys_;
  const joining_node& who_;
};

}  // namespace

result<cluster_record> join_cluster(coordinator& judge, const joining_node& who,
                                    const std::function<bool()>& give_up) {
  return joining(judge, who, give_up).run();
}

}  // namespace taskdriver::cluster
