// Keeps the invariant: of a type, exactly the tasks before its end that have not failed are
// indexed.
#include "domain/duplicate_index.hpp"

#include "base/check.hpp"
#include "domain/fingerprint.hpp"

namespace taskdriver::domain {
namespace {

const stored_type& type_of(const project_state& state, sequence type) {
  const auto found = state.types().find(type);
  TASKDRIVER_CHECK(found != state.types().end(), "a type that has tasks exists");
  return found->second;
}

std::size_t text_bytes(const task_spec& spec) {
  std::size_t bytes = spec.instructions.size();
  for (const auto& variable : spec.variables) bytes += variable.name.size() + variable.text.size();
  return bytes;
}

}  // namespace

void index_duplicate_of(transaction& tx, const task_spec& spec, bool add) {
  const auto& end = type_of(tx.state(), spec.type_id.seq()).duplicates_end;
  if (end && spec.id.seq() >= *end) return;
  tx.record(index_duplicate{spec.type_id.seq(), fingerprint_of(spec.variables, spec.instructions),
                            spec.id.seq(), add});
}

void leave_out_if_allowed(transaction& tx, const task_spec& spec) {
  const auto& type = type_of(tx.state(), spec.type_id.seq());
  if (type.record.duplicates == duplicate_handling::allow && !type.duplicates_end)
    tx.record(put_duplicates_end{spec.type_id.seq(), spec.id.seq()});
}

void catch_up(transaction& tx, sequence type) {
  const auto& state = tx.state();
  const auto end = type_of(state, type).duplicates_end;
  TASKDRIVER_CHECK(end, "only a type that left tasks out catches up");
  const auto next = state.tasks_of_type(type, *end, state.bounds().catch_up_tasks);
  std::size_t read = 0, bytes = 0;
  std::optional<sequence> new_end;
  for (const auto task : next.tasks) {
    if (read++ == state.bounds().catch_up_tasks || bytes > limits::catch_up_bytes) {
      new_end = task;
      break;
    }
    const auto spec = state.spec(task);
    if (!spec) continue;
    bytes += text_bytes(*spec);
    const auto progress = state.progress(task);
    if (!progress || progress->status == task_status::failed) continue;
    tx.record(index_duplicate{type, fingerprint_of(spec->variables, spec->instructions), task});
  }
  if (!new_end) new_end = next.from;
  tx.record(put_duplicates_end{type, new_end});
}

result<void> can_tell_duplicates(const stored_type& type) {
  if (!type.catches_up()) return {};
  return error_info{.code = errc::unavailable,
                    .text = "Task type \"" + type.record.name +
                            "\" was told to look for duplicates and still reads its older tasks",
                    .retry_after_s = 1};
}

}  // namespace taskdriver::domain
