// Calls become requests on the loop's thread, answers become callbacks.
#include "cluster/coordinator/etcd_coordinator.hpp"

#include <map>

#include "base/log.hpp"
#include "cluster/coordinator/etcd_json.hpp"
#include "cluster/coordinator/etcd_lease.hpp"
#include "cluster/coordinator/etcd_watch.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::int64_t probe_ms = 2000;
constexpr std::int64_t reachable_ms = 5000;
constexpr const char* probe_key = "/taskdriver/";

register_item to_register_item(const etcd_item& from) {
  return {from.key, {from.value, from.revision}};
}

register_snapshot to_snapshot(const range_answer& from) {
  register_snapshot all;
  all.revision = from.revision;
  for (const etcd_item& item : from.items) all.items.push_back(to_register_item(item));
  return all;
}

error_info why_not(const etcd_answer& answer) {
  const errc code = answer.fate == etcd_fate::nonsense ? errc::internal : errc::unavailable;
  return {code, "etcd: " + answer.why};
}

result<range_answer> range_of(const etcd_answer& answer) {
  if (answer.fate != etcd_fate::answered) return why_not(answer);
  auto found = read_range_answer(answer.body);
  if (!found) log_event(log_level::warn, "etcd answered nonsense", {{"what", found.error().text}});
  return found;
}

change_outcome outcome_of(const etcd_answer& answer) {
  if (answer.fate != etcd_fate::answered) {
    log_event(log_level::info, "change in etcd has an unknown outcome", {{"why", answer.why}});
    return change_outcome::unknown;
  }
  const auto read = read_change_answer(answer.body);
  if (!read) {
    log_event(log_level::warn, "etcd answered nonsense", {{"what", read.error().text}});
    return change_outcome::unknown;
  }
  return read->succeeded ? change_outcome::applied : change_outcome::conflict;
}

watch_sink sink_for(std::shared_ptr<watch_observer> observer) {
  watch_sink sink;
  auto shared = std::make_shared<std::shared_ptr<watch_observer>>(std::move(observer));
  sink.wanted = [shared] { return shared->use_count() > 1; };
  sink.snapshot = [shared](const range_answer& all) { (*shared)->snapshot(to_snapshot(all)); };
  sink.changed = [shared](const std::vector<etcd_event>& events) {
    std::vector<register_item> items;
    for (const etcd_event& one : events) {
      items.push_back(to_register_item(one.item));
      if (one.deleted) items.back().at = {};
    }
    (*shared)->changed(items);
  };
  return sink;
}

}  // namespace

/// All but `loop` is the loop's thread's.
struct etcd_coordinator::parts {
  explicit parts(etcd_options options) : loop(options.tls), client(loop, std::move(options)) {}

  void change(std::string request, change_done done) {
    loop.run_soon([this, request = std::move(request), done = std::move(done)]() mutable {
      client.call(
          etcd_client::kind::change, "/v3/kv/txn", std::move(request),
          [done = std::move(done)](const etcd_answer& answer) { done(outcome_of(answer)); });
    });
  }
  void list(etcd_range range, std::function<void(result<range_answer>)> done) {
    loop.run_soon([this, request = range_request(range), done = std::move(done)]() mutable {
      client.call(etcd_client::kind::read, "/v3/kv/range", std::move(request),
                  [done = std::move(done)](const etcd_answer& answer) { done(range_of(answer)); });
    });
  }
  /// Keeps reachable() true to the facts while nothing else asks.
  void probe() {
    if (loop.stopping()) return;
    const bool now = client.answered_within(reachable_ms);
    if (now != said_reachable && (now || probes > 1)) {
      log_event(now ? log_level::info : log_level::warn, now ? "etcd answers" : "etcd is away");
      said_reachable = now;
    }
    ++probes;
    const auto again = [this] { loop.after(probe_ms, [this] { probe(); }); };
    if (client.answered_within(probe_ms - 1)) return again();
    client.call(etcd_client::kind::read, "/v3/kv/range", probe_request(probe_key),
                [again](const etcd_answer&) { again(); });
  }
  void last_words() {
    for (const auto& [key, one] : announcements) one->give_up();
    for (const auto& one : campaigns) one->give_up();
  }

  http_loop loop;
  etcd_client client;
  std::map<std::string, std::shared_ptr<etcd_announcement>> announcements;
  std::vector<std::shared_ptr<etcd_campaign>> campaigns;
  bool said_reachable = true;
  int probes = 0;  // the first one is before any answer
};

etcd_coordinator::etcd_coordinator(etcd_options options)
    : parts_(std::make_unique<parts>(std::move(options))) {
  parts_->loop.run_soon([p = parts_.get()] { p->probe(); });
}

etcd_coordinator::~etcd_coordinator() {
  parts_->loop.stop([p = parts_.get()] { p->last_words(); });
}

void etcd_coordinator::read(const std::string& key, read_done done) {
  parts_->list({key, false}, [key, done = std::move(done)](result<range_answer> found) {
    if (!found) return done(found.error());
    if (found->items.empty()) return done(register_value{});
    etcd_item& item = found->items.front();
    if (item.key != key) return done(error_info{errc::internal, "etcd answered another key"});
    done(register_value{std::move(item.value), item.revision});
  });
}

void etcd_coordinator::list(const std::string& prefix, list_done done) {
  parts_->list({prefix, true}, [done = std::move(done)](const result<range_answer>& found) {
    if (!found) return done(found.error());
    done(to_snapshot(*found));
  });
}

void etcd_coordinator::change(const std::string& key, std::int64_t expected, std::string value,
                              change_done done) {
  parts_->change(put_if_request(key, expected, value, 0), std::move(done));
}

void etcd_coordinator::remove(const std::string& key, std::int64_t expected, change_done done) {
  parts_->change(delete_if_request(key, expected), std::move(done));
}

void etcd_coordinator::watch(const std::string& prefix, std::shared_ptr<watch_observer> observer) {
  parts_->loop.run_soon([p = parts_.get(), prefix, sink = sink_for(std::move(observer))] {
    std::make_shared<etcd_watch>(p->loop, p->client, etcd_range{prefix, true}, sink)->start();
  });
}

void etcd_coordinator::announce(const std::string& key, std::string value, int ttl_s) {
  parts_->loop.run_soon([p = parts_.get(), key, value = std::move(value), ttl_s] {
    if (p->loop.stopping()) return;
    auto& one = p->announcements[key];
    if (one) return one->set(value);
    one = std::make_shared<etcd_announcement>(p->loop, p->client, key, ttl_s);
    one->start(value);
  });
}

void etcd_coordinator::campaign(const std::string& key, std::string value, int ttl_s,
                                std::function<void(bool)> changed) {
  parts_->loop.run_soon([p = parts_.get(), wish = etcd_campaign::wish{key, std::move(value), ttl_s,
                                                                      std::move(changed)}] {
    if (p->loop.stopping()) return;
    p->campaigns.push_back(std::make_shared<etcd_campaign>(p->loop, p->client, wish));
    p->campaigns.back()->start();
  });
}

bool etcd_coordinator::reachable() const {
  return parts_->client.answered_within(reachable_ms);
}

bool is_etcd_endpoint(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view rest = text.substr(scheme.size());
    const auto colon = rest.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || rest.size() - colon > 6) return false;
    const std::string_view port = rest.substr(colon + 1);
    return !port.empty() && port.find_first_not_of("0123456789") == std::string_view::npos &&
           rest.find_first_of("/?#@ ") == std::string_view::npos;
  }
  return false;
}

}  // namespace taskdriver::cluster
