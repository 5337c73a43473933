// Loads a project and applies changes to its memory; every kind of change has one line here.
#include "domain/project_state.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace taskdriver::domain {

/// One overload per change that memory must follow; changes to indexes that only the store keeps
/// have none and fall to the last one.
class change_applier {
public:
  change_applier(project_state& state, instant now) : s_(state), now_(now) {}

  void operator()(const put_project& c) { s_.project_ = c.record; }
  void operator()(const delete_project&) {
    s_.project_.reset();
    s_.counters_ = {};
    s_.types_.clear();
    s_.types_behind_.clear();
    s_.leases_ = {};
    s_.sessions_ = {};
    s_.queue_ = queue_window();
    s_.pending_.limit_recent(0);
  }
  void operator()(const put_counters& c) { s_.counters_ = c.record; }
  void operator()(const put_activity& c) { s_.activity_.put(c.record); }
  void operator()(const put_type& c) {
    s_.types_[c.record.id.seq()].record = c.record;
    s_.note_behind(c.record.id.seq());
  }
  void operator()(const put_type_tasks& c) { s_.types_[c.type].tasks = c.tasks; }
  void operator()(const put_duplicates_end& c) {
    s_.types_[c.type].duplicates_end = c.end;
    s_.note_behind(c.type);
  }
  void operator()(const delete_type& c) {
    s_.types_.erase(c.type);
    s_.types_behind_.erase(c.type);
  }
  void operator()(const put_spec& c) {
    s_.pending_.put_spec(c.record->id.seq(), c.record, s_.next_ticket_);
  }
  void operator()(const put_progress& c) {
    s_.pending_.put_progress(c.task, c.record, s_.next_ticket_);
  }
  void operator()(const put_attempt& c) {
    s_.pending_.put_attempt(c.task, c.record, s_.next_ticket_);
  }
  void operator()(const delete_task& c) { s_.pending_.put_deleted(c.task, s_.next_ticket_); }
  void operator()(const put_lease& c) { s_.leases_.put(c.record, now_.steady_ms); }
  void operator()(const delete_lease& c) { s_.leases_.remove(c.task); }
  void operator()(const put_session& c) { s_.sessions_.put(c.record); }
  void operator()(const delete_session& c) { s_.sessions_.remove(c.token); }
  void operator()(const index_queued& c) {
    if (c.add)
      s_.queue_.add(c.key, s_.next_ticket_);
    else
      s_.queue_.remove(c.key);
  }
  void operator()(const index_duplicate& c) {
    if (c.add) s_.pending_.put_print(c.type, c.print, c.task, s_.next_ticket_);
  }
  void operator()(const auto&) {}

private:
  project_state& s_;
  instant now_;
};

project_state project_state::load(project_number number, const record_source& source,
                                  const state_bounds& bounds) {
  project_state state(number, source, bounds);
  state.project_ = source.load_project(number);
  if (!state.project_) return state;
  state.counters_ = source.load_counters(number);
  for (const auto& bucket : source.load_activity(number)) state.activity_.put(bucket);
  for (auto& type : source.load_types(number)) {
    const auto type_number = type.record.id.seq();
    state.types_.emplace(type_number, std::move(type));
    state.note_behind(type_number);
  }
  for (const auto& s : source.load_sessions(number)) state.sessions_.put(s);
  state.queue_.start_at(state.counters_.queue_head, state.counters_.queued == 0);
  return state;
}

const stored_type* project_state::type_of(const object_id& id) const {
  const auto found = types_.find(id.seq());
  return found != types_.end() && found->second.record.id == id ? &found->second : nullptr;
}

const stored_type* project_state::type_named(const std::string& name) const {
  for (const auto& [_, type] : types_)
    if (type.record.name == name) return &type;
  return nullptr;
}

spec_ptr project_state::spec(sequence task) const {
  if (auto pending = pending_.spec(task)) return *pending;
  auto stored = source_->load_spec(number_, task);
  if (stored) pending_.remember(task, stored, nullptr);
  return stored;
}

progress_ptr project_state::progress(sequence task) const {
  if (auto pending = pending_.progress(task)) return *pending;
  auto stored = source_->load_progress(number_, task);
  if (stored) pending_.remember(task, nullptr, stored);
  return stored;
}

std::vector<attempt> project_state::attempts(sequence task, std::uint64_t newest) const {
  if (newest == 0) return {};
  auto all = source_->load_attempts(number_, task);
  if (const auto* pending = pending_.attempts(task))
    for (const auto& a : *pending)
      if (all.empty() || all.back().number < a.number) all.push_back(a);
  return all;
}

std::vector<sequence> project_state::duplicate_candidates(sequence type,
                                                          const fingerprint& print) const {
  // Nearly always the first one matches; more than a few mean chosen collisions or tasks that left
  // the index in decisions which are not applied yet.
  constexpr std::size_t enough = 64;
  auto tasks = source_->scan_duplicates(number_, type, print, enough);
  const auto unseen = pending_.with_print(type, print);
  tasks.insert(tasks.end(), unseen.begin(), unseen.end());
  return tasks;
}

project_state::numbered_tasks project_state::tasks_of_type(sequence type, sequence from,
                                                           std::size_t limit) const {
  numbered_tasks found;
  found.tasks = source_->scan_tasks(number_, by_type{type}, sequence{raw(from) - 1}, limit);
  if (found.tasks.size() == limit) found.from = sequence{raw(found.tasks.back()) + 1};
  const auto unseen = pending_.of_type(type, from, found.from);
  found.tasks.insert(found.tasks.end(), unseen.begin(), unseen.end());
  std::sort(found.tasks.begin(), found.tasks.end());
  found.tasks.erase(std::unique(found.tasks.begin(), found.tasks.end()), found.tasks.end());
  return found;
}

std::optional<queue_key> project_state::queue_front() {
  while (queue_.needs_refill())
    queue_.refill(source_->scan_queue(number_, queue_.refill_from(), queue_.refill_exclusive(),
                                      queue_.refill_limit()));
  return queue_.front();
}

progress_ptr project_state::front_progress() {
  const auto task = queue_.front()->task;
  if (auto pending = pending_.progress(task)) return *pending;
  // Where nothing may stay, or nothing has yet, reading ahead would be in vain.
  if (pending_.recent_bytes() == 0) return progress(task);
  // And it must not push out the tasks that are running, where little may stay.
  const auto bytes_max = std::min(limits::read_ahead_bytes_max, pending_.recent_bytes() / 4);
  const auto next = queue_.first_places(limits::read_ahead_tasks);
  for (auto& read : source_->load_tasks(number_, next, bytes_max))
    pending_.remember(read.task, std::move(read.spec), std::move(read.progress));
  return progress(task);
}

void project_state::note_behind(sequence type) {
  if (types_.at(type).catches_up())
    types_behind_.insert(type);
  else
    types_behind_.erase(type);
}

void project_state::apply(const change& c, instant now) {
  std::visit(change_applier(*this, now), c);
}

void project_state::applied(std::uint64_t ticket) {
  queue_.applied(ticket);
  pending_.applied(ticket);
}

}  // namespace taskdriver::domain
