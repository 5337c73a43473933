// Which index entries a task implies, their sums, and the search for those that differ.
#include "tools/inspect/index_recount.hpp"

#include <algorithm>

#include "domain/fingerprint.hpp"
#include "domain/task_moves.hpp"
#include "storage/record_codec.hpp"
#include "storage/rocksdb_errors.hpp"

namespace taskdriver::inspect {
namespace {

using storage::record_kind;

/// The finalizer of splitmix64: every bit of the input changes half of the output.
std::uint64_t mixed(std::uint64_t n) {
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
  n = (n ^ (n >> 27)) * 0x94d049bb133111ebu;
  return n ^ (n >> 31);
}

std::uint64_t hashed(std::string_view key, std::uint64_t seed) {
  std::uint64_t hash = mixed(seed ^ key.size());
  while (!key.empty()) {
    std::uint64_t word = 0;
    for (char c : key.substr(0, 8)) word = word << 8 | static_cast<std::uint8_t>(c);
    hash = mixed(hash ^ word) + seed;
    key.remove_prefix(std::min<std::size_t>(8, key.size()));
  }
  return hash;
}

std::string words(record_kind kind) {
  return kind == record_kind::queue ? "the queue" : "index " + std::string(kind_name(kind));
}

/// "task 42 under agent-1": what an index entry says.
std::string entry_text(const state_key& key) {
  std::string text = "task " + std::to_string(raw(key.task));
  if (key.kind == record_kind::by_finished) {
    const bool failed = key.small == static_cast<std::uint8_t>(domain::task_status::failed);
    return text + " under " + (failed ? "failed" : "completed");
  }
  if (key.kind == record_kind::by_batch || key.kind == record_kind::by_agent)
    return text + " under " + std::string(key.bytes);
  if (key.kind == record_kind::by_type || key.kind == record_kind::duplicate)
    return text + " under type " + std::to_string(raw(key.type));
  return text;
}

std::string entry_text(std::string_view bytes) {
  const auto key = parse_state_key(bytes);
  return key ? entry_text(*key) : std::string("a malformed key");
}

/// Names are at most so long in keys; longer ones are damage that project_recount reports.
constexpr std::size_t name_bytes_max = 255;

result<void> status_of(const view_scan& scan) {
  if (!scan.status().ok()) return storage::to_error(scan.status(), "reading an index");
  return {};
}

}  // namespace

void key_set_sum::add(std::string_view key) {
  ++count_;
  first_ += hashed(key, 0x9e3779b97f4a7c15u);
  second_ += hashed(key, 0xd1b54a32d192ed03u);
}

index_recount::index_recount(shard_view& view, project_number project)
    : view_(view), keys_(view.shard(), project), lookup_(view.shard(), project) {}

index_recount::sums& index_recount::of(record_kind kind) {
  const auto at = std::find(kinds.begin(), kinds.end(), kind);
  TASKDRIVER_CHECK(at != kinds.end(), "only indexes have sums");
  return sums_[static_cast<std::size_t>(at - kinds.begin())];
}

bool index_recount::is_left_out(sequence type, sequence task) const {
  const auto end = duplicates_end_.find(type);
  return end != duplicates_end_.end() && task >= end->second;
}

void index_recount::implied_keys(sequence task, const domain::task_spec& spec,
                                 const domain::task_progress& progress, const key_user& use) {
  const sequence type = spec.type_id.seq();
  use(record_kind::by_type, keys_.of_type(type, task));
  const auto named = [&](record_kind kind, const std::string& name) {
    if (!name.empty() && name.size() <= name_bytes_max) use(kind, keys_.named(kind, name, task));
  };
  named(record_kind::by_batch, spec.batch_id);
  named(record_kind::by_agent, progress.assigned_to);
  if (progress.status != domain::task_status::failed && !is_left_out(type, task)) {
    const auto print = domain::fingerprint_of(spec.variables, spec.instructions);
    use(record_kind::duplicate, keys_.duplicate(type, print, task));
  }
  switch (progress.status) {
    case domain::task_status::queued:
      return use(record_kind::queue, keys_.queue(domain::place_of(task)));
    case domain::task_status::running:
      return;
    case domain::task_status::completed:
    case domain::task_status::failed:
      return use(record_kind::by_finished, keys_.finished(progress.status, task));
  }
}

void index_recount::imply(sequence task, const domain::task_spec& spec,
                          const domain::task_progress& progress) {
  implied_keys(task, spec, progress,
               [this](record_kind kind, std::string_view key) { of(kind).implied.add(key); });
}

result<void> index_recount::count_stored(view_scan& scan, finding_list& found) {
  for (const record_kind kind : kinds) {
    const std::string begin(keys_.kind(kind));
    for (scan.seek(begin, storage::after_prefix(begin)); scan.valid(); scan.next()) {
      const auto key = parse_state_key(scan.key());
      found.expect(key.has_value(), words(kind) + " has a malformed key");
      found.expect(scan.value() == storage::index_value, words(kind) + " has a malformed value");
      if (scan.doubled()) found.add(words(kind) + " has " + entry_text(scan.key()) + " twice");
      if (key && kind == record_kind::duplicate && is_left_out(key->type, key->task)) continue;
      of(kind).stored.add(scan.key());
      if (kind == record_kind::queue && key && !first_queued_)
        first_queued_ = domain::queue_key{key->small, key->task};
    }
    if (auto read = status_of(scan); !read) return read;
  }
  return {};
}

result<void> index_recount::compare(view_scan& scan, finding_list& found) {
  for (const record_kind kind : kinds) {
    const auto& [implied, stored] = of(kind);
    if (implied == stored) continue;
    found.add(words(kind) + " differs from the tasks: it has " + std::to_string(stored.count()) +
              " entries, they imply " + std::to_string(implied.count()));
    if (auto named = name_missing(kind, scan, found); !named) return named;
    if (auto named = name_surplus(kind, scan, found); !named) return named;
  }
  return {};
}

result<void> index_recount::name_missing(record_kind kind, view_scan& scan, finding_list& found) {
  const std::string begin(keys_.kind(record_kind::spec));
  error_info failed;
  bool fine = true;
  for (scan.seek(begin, storage::after_prefix(begin)); scan.valid() && fine && !found.full();
       scan.next()) {
    const auto spec = storage::decode_record<domain::task_spec>(scan.value());
    const sequence task = storage::task_of(scan.key());
    if (!spec) continue;
    auto progress = load_progress(task, *spec);
    if (!progress) return progress.error();
    if (!*progress) continue;
    implied_keys(task, *spec, **progress, [&](record_kind of, std::string_view key) {
      if (of != kind || !fine) return;
      const auto there = view_.get(key);
      if (!there) failed = there.error();
      fine = there.ok();
      if (fine && !*there) found.add(words(kind) + " lacks " + entry_text(key));
    });
  }
  if (!fine) return failed;
  return status_of(scan);
}

result<void> index_recount::name_surplus(record_kind kind, view_scan& scan, finding_list& found) {
  const std::string begin(lookup_.kind(kind));
  for (scan.seek(begin, storage::after_prefix(begin)); scan.valid() && !found.full(); scan.next()) {
    const auto key = parse_state_key(scan.key());
    if (!key || (kind == record_kind::duplicate && is_left_out(key->type, key->task))) continue;
    const auto implied = is_implied(kind, scan.key(), key->task);
    if (!implied) return implied.error();
    if (!*implied) found.add(words(kind) + " has " + entry_text(*key) + ", which is not so");
  }
  return status_of(scan);
}

result<bool> index_recount::is_implied(record_kind kind, std::string_view key, sequence task) {
  auto spec = load<domain::task_spec>(record_kind::spec, task);
  if (!spec) return spec.error();
  if (!*spec) return false;
  auto progress = load_progress(task, **spec);
  if (!progress) return progress.error();
  if (!*progress) return false;
  bool found = false;
  implied_keys(task, **spec, **progress, [&](record_kind of, std::string_view implied) {
    found = found || (of == kind && implied == key);
  });
  return found;
}

/// Empty if it is malformed. Where it is not stored, the task is as it was created.
result<std::optional<domain::task_progress>> index_recount::load_progress(
    sequence task, const domain::task_spec& spec) {
  const auto value = view_.get(lookup_.task(record_kind::progress, task));
  if (!value) return value.error();
  if (!*value) return std::optional(domain::progress_as_created(spec));
  return storage::decode_record<domain::task_progress>(**value);
}

template <class Record>
result<std::optional<Record>> index_recount::load(record_kind kind, sequence task) {
  const auto value = view_.get(lookup_.task(kind, task));
  if (!value) return value.error();
  if (!*value) return std::optional<Record>();
  return storage::decode_record<Record>(**value);
}

}  // namespace taskdriver::inspect
