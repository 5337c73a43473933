// Picks an index, walks it in chunks and fills one page.
#include "domain/task_listing.hpp"

#include <algorithm>
#include <span>

#include "domain/task_moves.hpp"

namespace taskdriver::domain {
namespace {

task_index narrowest_index(const list_tasks& what) {
  if (what.batch_id) return by_batch{*what.batch_id};
  if (what.assigned_to) return by_agent{*what.assigned_to};
  if (what.status) switch (*what.status) {
      case task_status::queued:
        return by_queue{};
      case task_status::running:
        return by_lease{};
      case task_status::completed:
      case task_status::failed:
        return by_finished{*what.status};
    }
  if (what.type_id) return by_type{what.type_id->seq()};
  return by_creation{};
}

std::size_t filter_count(const list_tasks& what) {
  return (what.status ? 1u : 0u) + (what.assigned_to ? 1u : 0u) + (what.batch_id ? 1u : 0u) +
         (what.type_id ? 1u : 0u);
}

std::optional<std::uint64_t> known_total(const list_tasks& what, const project_counters& counters) {
  const auto filters = filter_count(what);
  if (filters == 0) return counters.total();
  if (filters > 1 || !what.status) return std::nullopt;
  switch (*what.status) {
    case task_status::queued:
      return counters.queued;
    case task_status::running:
      return counters.running;
    case task_status::completed:
      return counters.completed;
    case task_status::failed:
      return counters.failed;
  }
  return std::nullopt;
}

bool matches(const list_tasks& what, const task_spec& spec, const task_progress& progress) {
  return (!what.status || progress.status == *what.status) &&
         (!what.assigned_to || progress.assigned_to == *what.assigned_to) &&
         (!what.batch_id || spec.batch_id == *what.batch_id) &&
         (!what.type_id || spec.type_id == *what.type_id);
}

/// What is long in a task; the rest is some hundred bytes.
std::size_t size_of(const task_spec& spec, const task_progress& progress,
                    const std::vector<attempt>& attempts) {
  std::size_t bytes = 512 + spec.instructions.size() + progress.result.size() +
                      progress.outputs.size() + progress.error.size();
  for (const auto& v : spec.variables) bytes += v.name.size() + v.text.size();
  for (const auto& a : attempts) bytes += a.error.size();
  return bytes;
}

class page_builder {
public:
  page_builder(const record_source& source, const object_id& project, const list_tasks& what)
      : source_(source),
        project_(project),
        number_(project.project()),
        what_(what),
        index_filters_all_(filter_count(what) <= 1) {}

  task_page build(task_page page) {
    const auto index = narrowest_index(what_);
    for (std::size_t examined = 0; examined < examined_max;) {
      const auto wanted = scan_size(page);
      const auto tasks = source_.scan_tasks(number_, index, page.last, wanted);
      for (std::span<const sequence> left = tasks; !left.empty();) {
        if (full(page)) return more(std::move(page));
        const auto looked_at = take(page, left);
        page.last = left[looked_at - 1];
        left = left.subspan(looked_at);
      }
      if (tasks.size() < wanted) return page;
      examined += tasks.size();
    }
    return more(std::move(page));
  }

private:
  static constexpr std::size_t scan_max = 1024;
  /// Tasks are read together, since two iterators cost as much as the reading of some tasks.
  static constexpr std::size_t read_min = 16;

  static task_page more(task_page page) {
    page.has_more = true;
    return page;
  }

  bool full(const task_page& page) const {
    return page.tasks.size() == what_.limit || bytes_ > limits::list_bytes_max;
  }

  /// Where the index is the whole filter, one place behind the page tells whether there is more.
  std::size_t scan_size(const task_page& page) const {
    if (!index_filters_all_) return scan_max;
    return std::min(scan_max, what_.offset - skipped_ + what_.limit - page.tasks.size() + 1);
  }

  /// Takes what belongs on the page of the first of `tasks`; returns how many it has looked at.
  std::size_t take(task_page& page, std::span<const sequence> tasks) {
    // Where the index itself is the whole filter, tasks to skip are not even read.
    if (index_filters_all_ && skipped_ < what_.offset) {
      const auto skipped = std::min(tasks.size(), what_.offset - skipped_);
      skipped_ += skipped;
      return skipped;
    }
    const auto together = std::max(what_.limit - page.tasks.size(), read_min);
    tasks = tasks.first(std::min(tasks.size(), together));
    auto found = source_.load_tasks(number_, tasks, limits::list_bytes_max - bytes_ + 1);
    // Between the scan and this all of them may have been deleted.
    if (found.empty()) return tasks.size();
    sequence last{};
    for (auto& task : found) {
      if (full(page)) break;
      last = task.task;
      take(page, std::move(task));
    }
    const auto at = std::find(tasks.begin(), tasks.end(), last);
    return static_cast<std::size_t>(at - tasks.begin()) + 1;
  }

  void take(task_page& page, stored_task task) {
    // Since the scan the task may have moved on.
    if (!matches(what_, *task.spec, *task.progress)) return;
    if (skipped_ < what_.offset) {
      ++skipped_;
      return;
    }
    auto attempts = has_earlier_attempts(*task.progress) ? source_.load_attempts(number_, task.task)
                                                         : std::vector<attempt>{};
    bytes_ += size_of(*task.spec, *task.progress, attempts);
    page.tasks.push_back(
        {project_, std::move(task.spec), std::move(task.progress), std::move(attempts)});
  }

  const record_source& source_;
  object_id project_;
  project_number number_;
  const list_tasks& what_;
  bool index_filters_all_;
  std::size_t skipped_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

task_page list_page(const record_source& source, const project_view& project,
                    const list_tasks& what) {
  task_page page{.tasks = {},
                 .limit = what.limit,
                 .offset = what.offset,
                 .has_more = false,
                 .last = what.after,
                 .total = known_total(what, project.counters)};
  return page_builder(source, project.record.id, what).build(std::move(page));
}

}  // namespace taskdriver::domain
