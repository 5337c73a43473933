// One entry per touched task, dropped when the newest change to it is applied.
#include "domain/pending_records.hpp"

#include <algorithm>
#include <cstring>

namespace taskdriver::domain {
namespace {

/// Hash of a print within its type: its own bytes are spread already.
std::uint64_t print_key(sequence type, const fingerprint& print) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, print.data(), sizeof bits);
  return bits ^ (raw(type) * 0x9e3779b97f4a7c15u);
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

void pending_records::applied(std::uint64_t ticket) {
  for (; !order_.empty() && order_.front().first <= ticket; order_.pop_front()) {
    const auto found = tasks_.find(raw(order_.front().second));
    if (found != tasks_.end() && found->second.ticket <= ticket) tasks_.erase(found);
  }
  for (; !prints_.empty() && prints_.front().ticket <= ticket; prints_.pop_front()) {
    const auto& p = prints_.front();
    auto [at, end] = by_print_.equal_range(print_key(p.type, p.print));
    at = std::find_if(at, end, [&](const auto& entry) { return entry.second == p.task; });
    if (at != end) by_print_.erase(at);
  }
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

}  // namespace taskdriver::domain
