// Applies changes to maps and answers the scans of record_source from them.
#include "tests/support/memory_records.hpp"

#include <algorithm>

namespace taskdriver::domain {
namespace {

constexpr sequence only{0};  // key of the records that a project has one of

template <class Set, class Entry>
void set_entry(Set& set, const Entry& entry, bool add) {
  if (add)
    set.insert(entry);
  else
    set.erase(entry);
}

template <class Map>
std::vector<typename Map::mapped_type> values_of(const Map& map) {
  std::vector<typename Map::mapped_type> values;
  for (const auto& [_, value] : map) values.push_back(value);
  return values;
}

/// The second halves of the entries (`first`, s) with s > `after`, at most `limit`.
template <class Key>
std::vector<sequence> seconds(const std::set<std::pair<Key, sequence>>& index, const Key& first,
                              sequence after, std::size_t limit) {
  std::vector<sequence> tasks;
  auto at = index.upper_bound({first, after});
  for (; at != index.end() && at->first == first && tasks.size() < limit; ++at)
    tasks.push_back(at->second);
  return tasks;
}

template <class Value>
std::vector<sequence> keys_after(const std::map<sequence, Value>& map, sequence after,
                                 std::size_t limit) {
  std::vector<sequence> tasks;
  for (auto at = map.upper_bound(after); at != map.end() && tasks.size() < limit; ++at)
    tasks.push_back(at->first);
  return tasks;
}

/// One overload per kind of index.
struct index_scan {
  const project_records& r;
  sequence after;
  std::size_t limit;

  std::vector<sequence> operator()(const by_creation&) const {
    return keys_after(r.specs, after, limit);
  }
  std::vector<sequence> operator()(const by_queue&) const {
    std::vector<sequence> tasks;
    for (const auto& key : r.queued)
      if (key.task > after && tasks.size() < limit) tasks.push_back(key.task);
    return tasks;
  }
  std::vector<sequence> operator()(const by_lease&) const {
    return keys_after(r.leases, after, limit);
  }
  std::vector<sequence> operator()(const by_finished& index) const {
    return seconds(r.finished, index.status, after, limit);
  }
  std::vector<sequence> operator()(const by_batch& index) const {
    return seconds(r.batches, index.batch_id, after, limit);
  }
  std::vector<sequence> operator()(const by_agent& index) const {
    return seconds(r.agents, index.agent, after, limit);
  }
  std::vector<sequence> operator()(const by_type& index) const {
    return seconds(r.by_type, index.type, after, limit);
  }
};

}  // namespace

/// One overload per kind of change.
class memory_applier {
public:
  memory_applier(memory_records& all, project_number p) : all_(all), p_(p) {}

  void operator()(const put_project& c) { of().project_record[only] = c.record; }
  void operator()(const delete_project&) { all_.projects_.erase(p_); }
  void operator()(const put_counters& c) { of().counters[only] = c.record; }
  void operator()(const put_activity& c) { of().activity[c.record.minute % 60] = c.record; }
  void operator()(const put_type& c) { of().types[c.record.id.seq()] = c.record; }
  void operator()(const put_type_tasks& c) { of().type_tasks[c.type] = c.tasks; }
  void operator()(const put_duplicates_end& c) {
    if (c.end)
      of().duplicates_end[c.type] = *c.end;
    else
      of().duplicates_end.erase(c.type);
  }
  void operator()(const delete_type& c) {
    of().types.erase(c.type);
    of().duplicates_end.erase(c.type);
    of().type_tasks.erase(c.type);
  }
  void operator()(const put_spec& c) { of().specs[c.record->id.seq()] = *c.record; }
  void operator()(const put_progress& c) { of().progress[c.task] = *c.record; }
  void operator()(const put_attempt& c) { of().attempts[{c.task, c.record.number}] = c.record; }
  void operator()(const delete_task& c) {
    of().specs.erase(c.task);
    of().progress.erase(c.task);
    std::erase_if(of().attempts, [&](const auto& entry) { return entry.first.first == c.task; });
  }
  void operator()(const put_lease& c) { of().leases[c.record.task] = c.record; }
  void operator()(const delete_lease& c) { of().leases.erase(c.task); }
  void operator()(const put_session& c) { of().sessions[c.record.token] = c.record; }
  void operator()(const delete_session& c) { of().sessions.erase(c.token); }
  void operator()(const index_queued& c) { set_entry(of().queued, c.key, c.add); }
  void operator()(const index_finished& c) {
    set_entry(of().finished, std::pair(c.status, c.task), c.add);
  }
  void operator()(const index_batch& c) {
    set_entry(of().batches, std::pair(c.batch_id, c.task), c.add);
  }
  void operator()(const index_agent& c) {
    set_entry(of().agents, std::pair(c.agent, c.task), c.add);
  }
  void operator()(const index_type& c) {
    set_entry(of().by_type, std::pair(c.type, c.task), c.add);
  }
  void operator()(const index_duplicate& c) {
    set_entry(of().prints, std::tuple(c.type, c.print, c.task), c.add);
  }
  void operator()(const put_directory_entry& c) {
    all_.directory_[c.record.id.project()] = c.record;
  }
  void operator()(const delete_directory_entry& c) { all_.directory_.erase(c.project); }
  void operator()(const put_next_project& c) { all_.next_project_ = c.number; }

private:
  project_records& of() { return all_.projects_[p_]; }

  memory_records& all_;
  project_number p_;
};

void memory_records::apply(project_number p, const changes& what) {
  for (const auto& c : what) std::visit(memory_applier(*this, p), c);
}

std::vector<std::string> memory_records::recount(project_number p) const {
  return domain::recount(records(p));
}

const project_records& memory_records::records(project_number p) const {
  static const project_records none;
  const auto found = projects_.find(p);
  return found == projects_.end() ? none : found->second;
}

bool memory_records::operator==(const memory_records& other) const {
  return projects_ == other.projects_ && directory_ == other.directory_ &&
         next_project_ == other.next_project_;
}

std::optional<project> memory_records::load_project(project_number p) const {
  const auto& r = records(p);
  if (r.project_record.empty()) return std::nullopt;
  return r.project_record.at(only);
}

project_counters memory_records::load_counters(project_number p) const {
  const auto& r = records(p);
  return r.counters.empty() ? project_counters{} : r.counters.at(only);
}

std::vector<activity_bucket> memory_records::load_activity(project_number p) const {
  return values_of(records(p).activity);
}

std::vector<stored_type> memory_records::load_types(project_number p) const {
  const auto& r = records(p);
  std::vector<stored_type> types;
  for (const auto& [type, record] : r.types) {
    const auto tasks = r.type_tasks.find(type);
    const auto end = r.duplicates_end.find(type);
    types.push_back({record, tasks == r.type_tasks.end() ? 0 : tasks->second,
                     end == r.duplicates_end.end() ? std::nullopt : std::optional(end->second)});
  }
  return types;
}

std::vector<lease> memory_records::load_leases(project_number p) const {
  return values_of(records(p).leases);
}

std::vector<session> memory_records::load_sessions(project_number p) const {
  return values_of(records(p).sessions);
}

spec_ptr memory_records::load_spec(project_number p, sequence task) const {
  const auto& specs = records(p).specs;
  const auto found = specs.find(task);
  return found == specs.end() ? nullptr : std::make_shared<const task_spec>(found->second);
}

progress_ptr memory_records::load_progress(project_number p, sequence task) const {
  const auto& progress = records(p).progress;
  const auto found = progress.find(task);
  return found == progress.end() ? nullptr : std::make_shared<const task_progress>(found->second);
}

std::vector<attempt> memory_records::load_attempts(project_number p, sequence task) const {
  const auto& attempts = records(p).attempts;
  std::vector<attempt> of_task;
  for (auto at = attempts.lower_bound({task, 0}); at != attempts.end() && at->first.first == task;
       ++at)
    of_task.push_back(at->second);
  return of_task;
}

std::vector<queue_key> memory_records::scan_queue(project_number p, queue_key from, bool exclusive,
                                                  std::size_t limit) const {
  const auto& queued = records(p).queued;
  std::vector<queue_key> places;
  auto at = exclusive ? queued.upper_bound(from) : queued.lower_bound(from);
  for (; at != queued.end() && places.size() < limit; ++at) places.push_back(*at);
  return places;
}

std::vector<sequence> memory_records::scan_duplicates(project_number p, sequence type,
                                                      const fingerprint& print,
                                                      std::size_t limit) const {
  const auto& prints = records(p).prints;
  std::vector<sequence> tasks;
  for (auto at = prints.lower_bound({type, print, sequence{0}});
       at != prints.end() && std::get<0>(*at) == type && std::get<1>(*at) == print &&
       tasks.size() < limit;
       ++at)
    tasks.push_back(std::get<2>(*at));
  return tasks;
}

std::vector<sequence> memory_records::scan_tasks(project_number p, const task_index& index,
                                                 sequence after, std::size_t limit) const {
  return std::visit(index_scan{records(p), after, limit}, index);
}

std::vector<project_number> memory_records::projects_in(shard_id shard) const {
  std::vector<project_number> found;
  for (const auto& [p, records] : projects_)
    if (shard_of(p, shard_count_default) == shard && records != project_records{})
      found.push_back(p);
  return found;
}

std::vector<directory_entry> memory_records::load_directory() const {
  return values_of(directory_);
}

}  // namespace taskdriver::domain
