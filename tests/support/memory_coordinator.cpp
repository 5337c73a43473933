// The register in memory: a map, a queue of what is due, and one call per request and answer.
#include "tests/support/memory_coordinator.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace taskdriver::testing {

using cluster::change_outcome;
using cluster::register_item;
using cluster::register_snapshot;
using cluster::register_value;

// --- the register -------------------------------------------------------------------------------

std::unique_ptr<memory_coordinator> memory_register::connect(const cluster::node_name& node) {
  return std::make_unique<memory_coordinator>(*this, node);
}

void memory_register::at(std::int64_t due_ms, std::function<void()> action) {
  events_.emplace(event{std::max(due_ms, now_ms_), ++orders_}, std::move(action));
}

void memory_register::advance(std::int64_t now_ms) {
  TASKDRIVER_CHECK(now_ms >= now_ms_, "time goes forward");
  if (running_) return;  // a call out of a callback: the loop below goes on with it
  running_ = true;
  while (!events_.empty() && events_.begin()->first.due_ms <= now_ms) {
    auto next = events_.extract(events_.begin());
    now_ms_ = next.key().due_ms;
    next.mapped()();
  }
  now_ms_ = now_ms;
  running_ = false;
}

std::optional<std::int64_t> memory_register::next_ms() const {
  if (events_.empty()) return std::nullopt;
  return events_.begin()->first.due_ms;
}

void memory_register::set_reachable(const cluster::node_name& node, bool reachable) {
  if (!reachable) unreachable_.insert(node);
  if (reachable && unreachable_.erase(node) != 0)
    for (memory_coordinator* one : coordinators_)
      if (one->node_ == node) one->after(0, [one] { one->deliver(); });
  called();
}

void memory_register::decide_fates(std::function<request_fate(const cluster::node_name&)> decide) {
  decide_ = std::move(decide);
}

register_value memory_register::peek(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? register_value{}
                                : register_value{found->second.value, found->second.revision};
}

void memory_register::put(const std::string& key, std::string value) {
  set(key, std::move(value), 0);
  called();
}

void memory_register::set(const std::string& key, std::string value, std::uint64_t lease) {
  values_[key] = {value, ++revision_, lease};
  record(key, {std::move(value), revision_});
}

void memory_register::erase(const std::string& key) {
  if (values_.erase(key) == 0) return;
  deletions_.insert(++revision_);
  record(key, {"", revision_});
  called();
}

void memory_register::record(const std::string& key, register_value now) {
  history_.push_back({key, std::move(now)});
  for (memory_coordinator* one : coordinators_) one->after(0, [one] { one->deliver(); });
}

register_snapshot memory_register::all(const std::string& prefix) const {
  register_snapshot found;
  found.revision = revision_;
  for (auto at = values_.lower_bound(prefix); at != values_.end() && at->first.starts_with(prefix);
       ++at)
    found.items.push_back({at->first, {at->second.value, at->second.revision}});
  return found;
}

void memory_register::renew(std::uint64_t lease, std::int64_t ttl_ms) {
  const std::int64_t end = now_ms_ + ttl_ms;
  leases_[lease] = end;
  at(end, [this, lease, end] {
    const auto found = leases_.find(lease);
    if (found != leases_.end() && found->second <= end) expire(lease);
  });
}

void memory_register::expire(std::uint64_t lease) {
  leases_.erase(lease);
  std::vector<std::string> gone;
  for (const auto& [key, at] : values_)
    if (at.lease == lease) gone.push_back(key);
  for (const std::string& key : gone) erase(key);
}

// --- a node's side ------------------------------------------------------------------------------

memory_coordinator::memory_coordinator(memory_register& shared, cluster::node_name node)
    : shared_(shared), node_(std::move(node)) {
  shared_.coordinators_.insert(this);
}

memory_coordinator::~memory_coordinator() {
  *alive_ = false;
  shared_.coordinators_.erase(this);
  const auto open = std::move(open_);
  for (const auto& [id, answered] : open) answered(false);
  for (auto& [key, one] : candidates_)
    if (one.owner) one.changed(false);
}

bool memory_coordinator::reachable() const {
  return shared_.unreachable_.count(node_) == 0;
}

void memory_coordinator::after(std::int64_t ms, std::function<void()> action) {
  shared_.at(shared_.now_ms_ + ms, [alive = alive_, action = std::move(action)] {
    if (*alive) action();
  });
}

/// `at_register` runs when the request arrives, also after the node's death; `answered` hears once
/// whether there was an answer.
void memory_coordinator::request(std::function<void()> at_register,
                                 std::function<void(bool)> answered) {
  const request_fate fate = shared_.decide_ ? shared_.decide_(node_) : request_fate{};
  const std::uint64_t id = ++requests_;
  open_.emplace(id, std::move(answered));
  const auto end = [this, id](bool in_time) {
    if (auto found = open_.extract(id)) found.mapped()(in_time);
  };
  if (!fate.request_lost && reachable()) {
    memory_register& shared = shared_;
    shared.at(shared.now_ms_ + fate.request_ms,
              [this, &shared, alive = alive_, fate, end, run = std::move(at_register)] {
                run();
                if (!fate.answer_lost && *alive)
                  after(fate.answer_ms, [this, end] {
                    if (reachable()) end(true);
                  });
              });
  }
  after(timeout_ms, [end] { end(false); });
}

void memory_coordinator::read(const std::string& key, read_done done) {
  auto found = std::make_shared<register_value>();
  request([&shared = shared_, key, found] { *found = shared.peek(key); },
          [found, done = std::move(done)](bool answered) {
            if (!answered) return done(error_info{errc::unavailable, "the register is away"});
            done(std::move(*found));
          });
  shared_.called();
}

void memory_coordinator::list(const std::string& prefix, list_done done) {
  auto found = std::make_shared<register_snapshot>();
  request([&shared = shared_, prefix, found] { *found = shared.all(prefix); },
          [found, done = std::move(done)](bool answered) {
            if (!answered) return done(error_info{errc::unavailable, "the register is away"});
            done(std::move(*found));
          });
  shared_.called();
}

void memory_coordinator::change_if(const std::string& key, std::int64_t expected,
                                   std::optional<std::string> value, change_done done) {
  auto outcome = std::make_shared<change_outcome>(change_outcome::unknown);
  request(
      [&shared = shared_, key, expected, value = std::move(value), outcome] {
        *outcome = change_outcome::conflict;
        if (shared.peek(key).revision != expected) return;
        *outcome = change_outcome::applied;
        value ? shared.set(key, *value, 0) : shared.erase(key);
      },
      [outcome, done = std::move(done)](bool answered) {
        done(answered ? *outcome : change_outcome::unknown);
      });
  shared_.called();
}

void memory_coordinator::change(const std::string& key, std::int64_t expected, std::string value,
                                change_done done) {
  change_if(key, expected, std::move(value), std::move(done));
}

void memory_coordinator::remove(const std::string& key, std::int64_t expected, change_done done) {
  change_if(key, expected, std::nullopt, std::move(done));
}

void memory_coordinator::watch(const std::string& prefix,
                               std::shared_ptr<cluster::watch_observer> observer) {
  auto added = std::make_shared<watcher>();
  added->prefix = prefix;
  added->observer = std::move(observer);
  watchers_.push_back(std::move(added));
  after(0, [this] { deliver(); });
  shared_.called();
}

void memory_coordinator::deliver() {
  if (!reachable()) return;
  std::erase_if(watchers_, [](const auto& one) { return one->observer.use_count() == 1; });
  const auto all = watchers_;  // an observer may add one
  for (const auto& one : all) deliver_to(*one);
}

void memory_coordinator::deliver_to(watcher& to) {
  const std::int64_t seen = std::exchange(to.seen, shared_.revision_);
  const auto& history = shared_.history_;
  const bool gap =
      seen < shared_.revision_ && (history.empty() || history.front().at.revision > seen + 1);
  if (seen == 0 || gap) return to.observer->snapshot(shared_.all(to.prefix));
  std::vector<register_item> news;
  for (const register_item& item : history) {
    if (item.at.revision <= seen || !item.key.starts_with(to.prefix)) continue;
    news.push_back(item);
    if (shared_.deletions_.count(item.at.revision) != 0) news.back().at = {};
  }
  if (!news.empty()) to.observer->changed(news);
}

void memory_coordinator::announce(const std::string& key, std::string value, int ttl_s) {
  const bool renewed = announced_.count(key) != 0;
  announced& what = announced_[key];
  what.value = std::move(value);
  what.ttl_ms = ttl_s * std::int64_t{1000};
  if (what.lease == 0) what.lease = ++shared_.last_lease_;
  if (renewed && reachable()) shared_.set(key, what.value, what.lease);
  if (!renewed) keep_announced(key);
  shared_.called();
}

void memory_coordinator::keep_announced(const std::string& key) {
  const announced& what = announced_[key];
  if (reachable()) {
    const auto found = shared_.values_.find(key);
    if (found == shared_.values_.end() || found->second.lease != what.lease)
      shared_.set(key, what.value, what.lease);
    shared_.renew(what.lease, what.ttl_ms);
  }
  after(what.ttl_ms / 3, [this, key] { keep_announced(key); });
}

void memory_coordinator::campaign(const std::string& key, std::string value, int ttl_s,
                                  std::function<void(bool)> changed) {
  const announced what{std::move(value), ttl_s * std::int64_t{1000}, ++shared_.last_lease_};
  candidates_[key] = {what, std::move(changed)};
  after(0, [this, key] { keep_campaigning(key); });
  shared_.called();
}

void memory_coordinator::keep_campaigning(const std::string& key) {
  candidate& one = candidates_[key];
  if (reachable()) {
    if (shared_.values_.count(key) == 0) shared_.set(key, one.what.value, one.what.lease);
    if (shared_.values_[key].lease == one.what.lease) {
      shared_.renew(one.what.lease, one.what.ttl_ms);
      one.confirmed_ms = shared_.now_ms_;
    }
  }
  const auto found = shared_.values_.find(key);
  const bool holds = found != shared_.values_.end() && found->second.lease == one.what.lease;
  const bool sure = holds && shared_.now_ms_ < one.confirmed_ms + one.what.ttl_ms;
  after(one.what.ttl_ms / 3, [this, key] { keep_campaigning(key); });
  if (sure == one.owner) return;
  one.owner = sure;
  one.changed(sure);
}

}  // namespace taskdriver::testing
