// What the loop does with a replica's outputs, and the life of a hosted shard around it.
#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "cluster/node/replica_loop.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::uint64_t apply_bytes_max = std::uint64_t{1} << 20;

error_info unknown_outcome() {
  return {.code = errc::outcome_unknown,
          .text = "This node stopped serving the project; the write may still be done",
          .retry_after_s = 1};
}

error_info not_served() {
  return {.code = errc::not_primary, .text = "This node stopped serving the project"};
}

error_info refused_proposal() {
  return {.code = errc::unavailable,
          .text = "The project's replicas take no writes now",
          .retry_after_s = 1};
}

recovered_replica recovered(const storage::shard_position& at) {
  recovered_replica r{.seen_epoch = at.seen_epoch,
                      .base_index = at.base_index,
                      .base_epoch = at.base_epoch,
                      .last_index = at.last_index,
                      .applied_index = at.applied_index,
                      .log_bytes = at.log_bytes};
  for (const auto& run : at.runs) r.runs.push_back({run.first_index, run.epoch});
  return r;
}

storage::log_entry stored(shard_id shard, const entry& e) {
  return {.shard = shard, .epoch = e.epoch, .index = e.index, .payload = *e.payload};
}

}  // namespace

void replica_loop::make_replica(hosted_shard& s, const storage::shard_position& at) {
  s.log = std::make_unique<recent_log>(around_.store, s.id, at.last_index);
  s.log->settled(at.applied_index);
  s.apply_sent = at.applied_index;
  s.applied = at.applied_index;
  s.ticket_base = s.last_ticket;
  // Each as if the process had begun anew: no two may give their changes the same id (R2).
  s.machine = std::make_unique<replica>(around_.self, random_u64(), recovered(at), *s.log,
                                        around_.settings, now_ms());
}

void replica_loop::carry_out(hosted_shard& s, replica_outputs out) {
  for (auto& w : out.writes)
    if (!write(s, w)) return fall_out(s);
  if (out.apply_up_to > s.apply_sent) apply(s, out.apply_up_to);
  for (const auto change : out.leadership) {
    if (change == leadership_change::ready)
      begin_service(s);
    else
      end_service(s);
  }
  for (auto& m : out.messages) outbox_[m.to].push_back({s.id, std::move(m.message)});
  if (out.read_register) configurations_->read(s.id);
  if (out.change) configurations_->change(s.id, out.change->wanted);
  for (const auto& to : out.checkpoint_to) carrier_->send(s.id, to);
  if (out.install && out.install->drops) log_drop(s);
  if (out.install) await_quiet(s, std::move(out.install));
  if (out.hold_log_from != 0) around_.store.hold_log(s.id, out.hold_log_from);
  publish(s);
}

bool replica_loop::write(hosted_shard& s, disk_write& w) {
  if (w.truncate_from != 0) s.log->truncate_from(w.truncate_from);
  s.log->append(w.entries);
  const auto ticket = s.ticket_base + w.id;
  std::vector<storage::log_entry> entries;
  entries.reserve(w.entries.size());
  for (const entry& e : w.entries) entries.push_back(stored(s.id, e));
  const storage::log_mark mark{.shard = s.id,
                               .seen_epoch = w.seen_epoch,
                               .truncate_from = w.truncate_from,
                               .ticket = ticket};
  if (!writer_->append(mark, std::move(entries))) return false;
  s.last_ticket = ticket;
  return true;
}

void replica_loop::apply(hosted_shard& s, std::uint64_t up_to) {
  while (s.apply_sent < up_to) {
    auto entries = s.log->read(s.apply_sent + 1, up_to, apply_bytes_max);
    TASKDRIVER_CHECK(!entries.empty(), "what is not applied is never cut away");
    const auto last = entries.back().index;
    // Entries of a time of service are all its own: nobody else appends meanwhile.
    const auto first = std::max(s.first_own, s.apply_sent + 1);
    const bool any = s.first_own != 0 && first <= last;
    const auto own = any ? last - first + 1 : 0;
    const auto committed = s.streams.commit(own);
    applier_->apply({s.id, std::move(entries), &s.streams, own});
    tell_committed(committed);
    s.apply_sent = last;
  }
}

/// The disk refused something that the replica counts on: it is as if this shard's process had
/// died. It comes back from what the disk has, once that takes writes.
void replica_loop::fall_out(hosted_shard& s) {
  if (!s.machine) return;
  log_event(log_level::warn, "replica stopped",
            {{"shard", raw(s.id)}, {"reason", around_.store.trouble()}});
  s.machine.reset();
  await_quiet(s, std::nullopt);
  end_service(s);
}

void replica_loop::come_back(hosted_shard& s) {
  if (s.installing || !s.quiet() || !around_.store.writable()) return;
  auto at = around_.store.position(s.id);
  if (!at) return;
  writer_->rejoin(s.id);
  make_replica(s, *at);
  log_event(log_level::info, "replica back", {{"shard", raw(s.id)}, {"last", at->last_index}});
}

void replica_loop::log_drop(const hosted_shard& s) {
  const auto& now = s.machine->configuration();
  log_event(log_level::info, "shard to be dropped: it moved away and others have it",
            {{"shard", raw(s.id)},
             {"epoch", now.epoch},
             {"primary", now.primary},
             {"in_sync", now.in_sync.size()},
             {"last", s.machine->last_index()}});
}

/// Before anybody looks whether the shard is quiet: the applier rings, or was seen to be done.
void replica_loop::await_quiet(hosted_shard& s, std::optional<checkpoint_install> install) {
  s.install = std::move(install);
  s.awaits_quiet = s.install.has_value();
  if (s.awaits_quiet) applier_->hasten();
}

void replica_loop::install_when_quiet(hosted_shard& s) {
  if (!s.install || !s.quiet()) return;
  s.installing = true;
  carrier_->install(s.id, *s.install);
  await_quiet(s, std::nullopt);
}

/// Also after a failed installation: what the disk has now is what counts.
void replica_loop::installed(hosted_shard& s) {
  s.installing = false;
  auto at = around_.store.position(s.id);
  if (!at) return;
  s.log->forget(at->last_index);
  s.log->settled(at->applied_index);
  s.apply_sent = at->applied_index;
  s.applied = at->applied_index;
  writer_->rejoin(s.id);
}

void replica_loop::begin_service(hosted_shard& s) {
  const auto service = ++s.service;
  s.in_service = true;
  ++services_;
  log_event(log_level::info, "shard served",
            {{"shard", raw(s.id)}, {"epoch", s.machine->configuration().epoch}});
  applier_->then([this, &s, service] {
    s.streams.begin(service);
    told_begun_[raw(s.id)] = true;
    if (observer_) observer_->began(s.id);
    post(shard_event{s.id, service_begun{service}});
  });
}

void replica_loop::end_service(hosted_shard& s) {
  s.serving = false;
  s.first_own = s.last_own = 0;
  s.serving_until_ms = 0;
  if (!std::exchange(s.in_service, false)) return;
  s.streams.end(s.service);
  log_event(log_level::info, "shard given up", {{"shard", raw(s.id)}});
  // Behind what was committed before: those proposals are settled first.
  applier_->then([this, &s] {
    tell(s.streams.drop(), unknown_outcome(), not_served());
    if (!told_begun_[raw(s.id)]) return;
    told_begun_[raw(s.id)] = false;
    if (observer_) observer_->ended(s.id);
  });
}

void replica_loop::refuse_proposals(hosted_shard& s) {
  applier_->then(
      [broken = s.streams.refuse()] { tell(broken, unknown_outcome(), refused_proposal()); });
}

void replica_loop::observe(std::shared_ptr<leadership_observer> observer) {
  applier_->then([this, observer = std::move(observer)] {
    observer_ = observer;
    for (std::uint16_t i = 0; i < told_begun_.size(); ++i)
      if (told_begun_[i]) observer_->began(shard_id{i});
  });
}

void replica_loop::publish(hosted_shard& s) {
  if (!s.machine) return;
  s.serving_until_ms = s.serving ? s.machine->serving_until_ms() : 0;
  const auto& primary = s.machine->configuration().primary;
  const node_name* known = s.primary;
  if (known && *known == primary) return;
  s.primary = primary.empty() ? nullptr : &*names_.insert(primary).first;
}

void replica_loop::marked(std::span<const storage::log_mark> marks) {
  report(marks, false);
}

void replica_loop::refused_marks(std::span<const storage::log_mark> marks, const error_info&) {
  report(marks, true);
}

/// Tickets of a shard grow: the last one says it all.
void replica_loop::report(std::span<const storage::log_mark> marks, bool refused) {
  std::map<shard_id, std::uint64_t> newest;
  for (const auto& mark : marks) newest[mark.shard] = mark.ticket;
  std::vector<shard_event> events;
  events.reserve(newest.size());
  for (const auto& [id, ticket] : newest) events.push_back({id, writes_reported{ticket, refused}});
  post(std::move(events));
}

}  // namespace taskdriver::cluster
