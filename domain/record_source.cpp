// What a source of records does that has no better way than one read after the other.
#include "domain/record_source.hpp"

namespace taskdriver::domain {

std::vector<stored_task> record_source::load_tasks(project_number p,
                                                   std::span<const sequence> tasks,
                                                   std::size_t bytes_max) const {
  std::vector<stored_task> found;
  std::size_t bytes = 0;
  for (const auto task : tasks) {
    if (bytes >= bytes_max) break;
    auto spec = load_spec(p, task);
    auto progress = load_progress(p, task);
    if (!spec || !progress) continue;
    bytes += spec->instructions.size() + progress->result.size() + progress->outputs.size();
    found.push_back({task, std::move(spec), std::move(progress)});
  }
  return found;
}

}  // namespace taskdriver::domain
