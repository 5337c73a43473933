// Sorts what the watch brings, and turns a replica's wishes into compare-and-swap.
#include "cluster/node/register_mirror.hpp"

#include <set>
#include <utility>

#include "base/log.hpp"

namespace taskdriver::cluster {
namespace {

void log_unreadable(const std::string& key, const error_info& why) {
  log_event(log_level::error, "register value not understood",
            {{"key", key}, {"reason", why.text}});
}

}  // namespace

register_mirror::register_mirror(coordinator& judge, register_keys keys, std::uint16_t shard_count,
                                 const time_source& time, mirror_hooks hooks)
    : judge_(judge), keys_(std::move(keys)), time_(time), hooks_(std::move(hooks)) {
  picture_.shards.resize(shard_count);
  picture_.placements.resize(shard_count);
}

void register_mirror::start() {
  judge_.watch(keys_.root(), shared_from_this());
}

cluster_picture register_mirror::picture() const {
  const std::lock_guard lock(mutex_);
  return picture_;
}

std::int64_t register_mirror::gone_ms(const node_name& node, std::int64_t now_ms) const {
  const std::lock_guard lock(mutex_);
  const auto found = gone_at_ms_.find(node);
  return found == gone_at_ms_.end() ? 0 : now_ms - found->second;
}

revised<shard_configuration> register_mirror::known(shard_id shard) const {
  const std::lock_guard lock(mutex_);
  return picture_.shards[raw(shard)];
}

void register_mirror::read(shard_id shard) {
  judge_.read(keys_.shard(raw(shard)),
              [self = shared_from_this(), shard](result<register_value> value) {
                if (value) self->take_shard(raw(shard), *value, true);
              });
}

/// The replica repeats a change unchanged until the epoch has moved (R11), so that a lost answer
/// needs nothing here.
void register_mirror::change(shard_id shard, const shard_configuration& wanted) {
  const auto now = known(shard);
  if (now.revision != 0 && now.record.epoch + 1 == wanted.epoch)
    change_at(shard, wanted, now.revision);
  else
    read_then_change(shard, wanted);
}

void register_mirror::read_then_change(shard_id shard, const shard_configuration& wanted) {
  judge_.read(keys_.shard(raw(shard)),
              [self = shared_from_this(), shard, wanted](result<register_value> value) {
                if (!value) return;
                self->take_shard(raw(shard), *value, true);
                const auto now = decode_shard_configuration(value->value);
                if (now && now->epoch + 1 == wanted.epoch)
                  self->change_at(shard, wanted, value->revision);
              });
}

void register_mirror::change_at(shard_id shard, const shard_configuration& wanted,
                                std::int64_t revision) {
  judge_.change(keys_.shard(raw(shard)), revision, encode(wanted),
                [self = shared_from_this(), shard, wanted](change_outcome outcome) {
                  switch (outcome) {
                    case change_outcome::applied:
                      return self->hooks_.event({shard, replica_input(register_input{wanted})});
                    case change_outcome::conflict:
                      return self->read(shard);
                    case change_outcome::unknown:
                      return;
                  }
                });
}

void register_mirror::changed(const std::vector<register_item>& items) {
  for (const auto& item : items) take(item);
}

/// What is not in the snapshot is gone. Shards and placements never go.
void register_mirror::snapshot(const register_snapshot& all) {
  std::set<std::string> there;
  for (const auto& item : all.items) there.insert(item.key);
  std::vector<std::string> gone;
  {
    const std::lock_guard lock(mutex_);
    picture_.known = true;
    for (const auto& [name, _] : picture_.nodes) gone.push_back(keys_.node(name));
    for (const auto& [name, _] : picture_.live) gone.push_back(keys_.live(name));
    gone.push_back(keys_.controller());
  }
  for (const auto& key : gone)
    if (!there.contains(key)) take({key, {}});
  for (const auto& item : all.items) take(item);
  hooks_.nodes_changed();
}

void register_mirror::take(const register_item& item) {
  if (const auto node = register_keys::node_of(keys_.nodes(), item.key); !node.empty())
    return take_node(node, item.at);
  if (const auto node = register_keys::node_of(keys_.live(), item.key); !node.empty())
    return take_live(node, item.at);
  if (const auto shard = register_keys::shard_of(keys_.shards(), item.key))
    return take_shard(*shard, item.at, false);
  if (const auto shard = register_keys::shard_of(keys_.placements(), item.key))
    return take_placement(*shard, item.at);
  if (item.key != keys_.controller()) return;
  const std::lock_guard lock(mutex_);
  picture_.controller = item.at.value;
}

void register_mirror::take_node(const node_name& name, const register_value& value) {
  auto record = decode_node_record(value.value);
  if (value.revision != 0 && !record) return log_unreadable(keys_.node(name), record.error());
  {
    const std::lock_guard lock(mutex_);
    if (value.revision == 0)
      picture_.nodes.erase(name);
    else
      picture_.nodes[name] = {std::move(*record), value.revision};
    if (!picture_.live.contains(name)) gone_at_ms_.emplace(name, time_.now().steady_ms);
  }
  hooks_.nodes_changed();
}

void register_mirror::take_live(const node_name& name, const register_value& value) {
  auto record = decode_live_record(value.value);
  if (value.revision != 0 && !record) return log_unreadable(keys_.live(name), record.error());
  {
    const std::lock_guard lock(mutex_);
    if (value.revision == 0) {
      picture_.live.erase(name);
      gone_at_ms_.emplace(name, time_.now().steady_ms);
    } else {
      picture_.live[name] = std::move(*record);
      gone_at_ms_.erase(name);
    }
  }
  hooks_.nodes_changed();
}

void register_mirror::take_shard(std::uint16_t number, const register_value& value,
                                 bool linearizable) {
  if (number >= picture_.shards.size()) return;
  shard_configuration registered;
  if (value.revision != 0) {
    auto decoded = decode_shard_configuration(value.value);
    if (!decoded) return log_unreadable(keys_.shard(number), decoded.error());
    registered = std::move(*decoded);
    const std::lock_guard lock(mutex_);
    auto& known = picture_.shards[number];
    if (value.revision > known.revision) known = {registered, value.revision};
  }
  hooks_.event(
      {shard_id{number}, replica_input(register_input{std::move(registered), linearizable})});
}

void register_mirror::take_placement(std::uint16_t number, const register_value& value) {
  if (number >= picture_.placements.size() || value.revision == 0) return;
  auto decoded = decode_shard_placement(value.value);
  if (!decoded) return log_unreadable(keys_.placement(number), decoded.error());
  {
    const std::lock_guard lock(mutex_);
    auto& known = picture_.placements[number];
    if (value.revision > known.revision) known = {*decoded, value.revision};
  }
  hooks_.event({shard_id{number}, replica_input(placement_input{std::move(*decoded)})});
}

}  // namespace taskdriver::cluster
