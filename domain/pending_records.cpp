// One entry per touched task; once the newest change to it is applied, the oldest entries go first.
#include "domain/pending_records.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace taskdriver::domain {
namespace {

/// Hash of a print within its type: its own bytes are spread already.
std::uint64_t print_key(sequence type, const fingerprint& print) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, print.data(), sizeof bits);
  return bits ^ (raw(type) * 0x9e3779b97f4a7c15u);
}

/// About what the two records and their entry take; texts are all that can be large.
std::size_t bytes_of(const spec_ptr& spec, const progress_ptr& progress) {
  std::size_t bytes = 160;
  if (spec) {
    bytes += sizeof(task_spec) + spec->instructions.size();
    for (const variable& v : spec->variables)
      bytes += sizeof(variable) + v.name.size() + v.text.size();
  }
  if (progress)
    bytes += sizeof(task_progress) + progress->result.size() + progress->outputs.size() +
             progress->error.size();
  return bytes;
}

}  // namespace

pending_records::pending_task& pending_records::touch(sequence task, std::uint64_t ticket) {
  auto& pending = tasks_[raw(task)];
  if (pending.ticket != ticket) order_.emplace_back(ticket, task);
  pending.ticket = ticket;
  return pending;
}

void pending_records::put_spec(sequence task, spec_ptr record, std::uint64_t ticket) {
  touch(task, ticket).spec = std::move(record);
}

void pending_records::put_progress(sequence task, progress_ptr record, std::uint64_t ticket) {
  touch(task, ticket).progress = std::move(record);
}

void pending_records::put_attempt(sequence task, const attempt& record, std::uint64_t ticket) {
  touch(task, ticket).attempts.push_back(record);
}

void pending_records::put_deleted(sequence task, std::uint64_t ticket) {
  touch(task, ticket).deleted = true;
}

void pending_records::put_print(sequence type, const fingerprint& print, sequence task,
                                std::uint64_t ticket) {
  prints_.push_back({ticket, type, print, task});
  by_print_.emplace(print_key(type, print), task);
}

void pending_records::remember(sequence task, spec_ptr spec, progress_ptr progress) {
  if (recent_bytes_max_ == 0) return;
  auto& entry = tasks_[raw(task)];
  if (entry.deleted) return;
  if (!entry.spec) entry.spec = std::move(spec);
  if (!entry.progress) entry.progress = std::move(progress);
  if (entry.ticket != 0) return;
  keep_recent(task, entry);
  push_out();
}

void pending_records::applied(std::uint64_t ticket) {
  for (; !order_.empty() && order_.front().first <= ticket; order_.pop_front())
    settle(order_.front().second, ticket);
  push_out();
  for (; !prints_.empty() && prints_.front().ticket <= ticket; prints_.pop_front()) {
    const auto& p = prints_.front();
    auto [at, end] = by_print_.equal_range(print_key(p.type, p.print));
    at = std::find_if(at, end, [&](const auto& entry) { return entry.second == p.task; });
    if (at != end) by_print_.erase(at);
  }
}

/// The store has everything about this task, unless a later decision changed it again.
void pending_records::settle(sequence task, std::uint64_t ticket) {
  const auto found = tasks_.find(raw(task));
  if (found == tasks_.end() || found->second.ticket == 0 || found->second.ticket > ticket) return;
  auto& entry = found->second;
  entry.ticket = 0;
  entry.attempts.clear();
  if (entry.deleted) entry.spec = nullptr, entry.progress = nullptr;
  keep_recent(task, entry);
}

void pending_records::keep_recent(sequence task, pending_task& settled) {
  const auto bytes = bytes_of(settled.spec, settled.progress);
  recent_bytes_ += bytes - settled.bytes;  // unsigned, so that it may go down as well
  settled.bytes = bytes;
  if (!std::exchange(settled.recent, true)) recent_.push_back(task);
}

/// What is pending again leaves the line, and comes back to its end when it is applied.
void pending_records::push_out() {
  while (recent_bytes_ > recent_bytes_max_ && !recent_.empty()) {
    const auto oldest = tasks_.find(raw(recent_.front()));
    recent_.pop_front();
    auto& entry = oldest->second;
    recent_bytes_ -= std::exchange(entry.bytes, 0);
    entry.recent = false;
    if (entry.ticket == 0) tasks_.erase(oldest);
  }
}

void pending_records::limit_recent(std::size_t bytes_max) {
  recent_bytes_max_ = bytes_max;
  push_out();
}

std::optional<spec_ptr> pending_records::spec(sequence task) const {
  const auto found = tasks_.find(raw(task));
  if (found == tasks_.end()) return std::nullopt;
  if (found->second.deleted) return spec_ptr{};
  if (!found->second.spec) return std::nullopt;
  return found->second.spec;
}

std::optional<progress_ptr> pending_records::progress(sequence task) const {
  const auto found = tasks_.find(raw(task));
  if (found == tasks_.end()) return std::nullopt;
  if (found->second.deleted) return progress_ptr{};
  if (!found->second.progress) return std::nullopt;
  return found->second.progress;
}

const std::vector<attempt>* pending_records::attempts(sequence task) const {
  const auto found = tasks_.find(raw(task));
  return found == tasks_.end() ? nullptr : &found->second.attempts;
}

std::vector<sequence> pending_records::with_print(sequence type, const fingerprint& print) const {
  std::vector<sequence> tasks;
  for (auto [at, end] = by_print_.equal_range(print_key(type, print)); at != end; ++at)
    tasks.push_back(at->second);
  std::sort(tasks.begin(), tasks.end());
  return tasks;
}

std::vector<sequence> pending_records::of_type(sequence type, sequence from,
                                               std::optional<sequence> end) const {
  std::vector<sequence> tasks;
  for (const auto& [_, task] : order_) {
    if (task < from || (end && task >= *end)) continue;
    const auto found = spec(task);
    if (found && *found && (*found)->type_id.seq() == type) tasks.push_back(task);
  }
  return tasks;
}

}  // namespace taskdriver::domain
