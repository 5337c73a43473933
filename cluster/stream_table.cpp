// Keeps the order of proposals and of what their streams are told.
#include "cluster/stream_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.hpp"
#include "storage/store_options.hpp"

namespace taskdriver::cluster {
namespace {

error_info not_served() {
  return {.code = errc::not_primary, .text = "The project is not served by this node"};
}

/// Adds `stream` to those that have to be told, once in its life.
void lose(const stream_ptr& stream, std::vector<stream_ptr>& told) {
  stream->broken = true;
  if (!std::exchange(stream->lost, true)) told.push_back(stream);
}

void note(std::vector<reached_ticket>& all, stream_ptr to, std::uint64_t ticket) {
  const auto known =
      std::find_if(all.begin(), all.end(), [&](const reached_ticket& r) { return r.to == to; });
  if (known == all.end())
    all.push_back({std::move(to), ticket});
  else
    known->ticket = ticket;
}

}  // namespace

stream_ptr stream_table::open(project_number project, std::shared_ptr<stream_observer> observer) {
  auto state = std::make_shared<stream_state>(stream_state{std::move(observer), project});
  const std::lock_guard lock(mutex_);
  auto& open = open_[raw(project)];
  if (const auto older = open.lock()) older->broken = true;
  open = state;
  if (ended_) {
    state->broken = state->lost = true;
    state->observer->lost(not_served());
  } else if (waiting_.empty()) {
    state->observer->applied(0);
  } else {
    waiting_.back().starts_then.push_back(state);
  }
  return state;
}

void stream_table::close(const stream_ptr& closed) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(raw(closed->project));
  if (found != open_.end() && found->second.lock() == closed) open_.erase(found);
}

result<void> stream_table::check(const stream_ptr& from) const {
  if (ended_) return not_served();
  if (from->broken)
    return error_info{.code = errc::unavailable, .text = "An earlier write was refused"};
  return {};
}

result<void> stream_table::propose(const stream_ptr& from, std::uint64_t ticket,
                                   proposal_payload payload) {
  const std::lock_guard lock(mutex_);
  if (auto fine = check(from); !fine) return fine;
  size_up(*payload, true);
  waiting_.push_back({from, ticket, std::move(payload)});
  return {};
}

std::vector<proposal_payload> stream_table::take() {
  std::vector<proposal_payload> taken;
  const std::lock_guard lock(mutex_);
  if (ended_) return taken;
  taken.reserve(waiting_.size() - accepted_);
  for (std::size_t i = accepted_; i < waiting_.size(); ++i) taken.push_back(waiting_[i].payload);
  return taken;
}

void stream_table::accept(std::size_t count) {
  const std::lock_guard lock(mutex_);
  TASKDRIVER_CHECK(accepted_ + count <= waiting_.size(), "what was taken is still there");
  for (std::size_t i = 0; i < count; ++i) {
    auto& payload = waiting_[accepted_ + i].payload;
    size_up(*payload, false);
    payload = nullptr;
  }
  accepted_ += count;
}

stream_table::waiting_sizes stream_table::waiting() const {
  const std::lock_guard lock(mutex_);
  return sizes_;
}

void stream_table::size_up(const std::string& payload, bool comes) {
  const auto crowding = storage::crowding_bytes(payload.size());
  sizes_.bytes += comes ? payload.size() : -payload.size();
  sizes_.crowding_bytes += comes ? crowding : -crowding;
}

std::vector<reached_ticket> stream_table::commit(std::size_t count) {
  std::vector<reached_ticket> told;
  const std::lock_guard lock(mutex_);
  TASKDRIVER_CHECK(committed_ + count <= accepted_, "what is committed was proposed here");
  for (; count > 0; --count) {
    const auto& done = waiting_[committed_++];
    note(told, done.from, done.ticket);
  }
  return told;
}

bool stream_table::awaited(std::size_t count) const {
  const std::lock_guard lock(mutex_);
  TASKDRIVER_CHECK(count <= committed_, "what is asked for was committed and is not settled");
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(committed_);
  return std::any_of(end - static_cast<std::ptrdiff_t>(count), end,
                     [](const in_flight& done) { return !done.starts_then.empty(); });
}

std::vector<reached_ticket> stream_table::settle(std::size_t count) {
  std::vector<reached_ticket> told;
  const std::lock_guard lock(mutex_);
  TASKDRIVER_CHECK(count <= committed_, "what is applied was committed");
  for (; count > 0; --count, --committed_, --accepted_) {
    auto done = std::move(waiting_.front());
    waiting_.pop_front();
    note(told, std::move(done.from), done.ticket);
    for (auto& starting : done.starts_then) note(told, std::move(starting), 0);
  }
  return told;
}

broken_streams stream_table::refuse() {
  const std::lock_guard lock(mutex_);
  return drop_from(accepted_);
}

/// Whoever was to start behind a dropped proposal starts behind the last that stays, or now.
broken_streams stream_table::drop_from(std::size_t position) {
  broken_streams out;
  std::vector<stream_ptr> starting;
  const auto has_accepted = [&](const stream_ptr& stream) {
    return std::any_of(waiting_.begin() + static_cast<std::ptrdiff_t>(committed_),
                       waiting_.begin() + static_cast<std::ptrdiff_t>(accepted_),
                       [&](const in_flight& before) { return before.from == stream; });
  };
  for (std::size_t i = position; i < waiting_.size(); ++i) {
    auto& dropped = waiting_[i];
    if (dropped.payload) size_up(*dropped.payload, false);
    if (!dropped.from->lost)
      lose(dropped.from, has_accepted(dropped.from) ? out.uncertain : out.undone);
    std::move(dropped.starts_then.begin(), dropped.starts_then.end(), std::back_inserter(starting));
  }
  waiting_.resize(position);
  accepted_ = std::min(accepted_, position);
  std::erase_if(starting, [](const stream_ptr& s) { return s->broken; });
  for (auto& s : starting) {
    if (waiting_.empty())
      out.starting.push_back({std::move(s), 0});
    else
      waiting_.back().starts_then.push_back(std::move(s));
  }
  return out;
}

void stream_table::end(std::uint64_t time) {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  ended_time_ = time;
}

broken_streams stream_table::drop() {
  const std::lock_guard lock(mutex_);
  broken_streams out = drop_from(committed_);
  out.starting.clear();
  for (const auto& [_, weak] : open_)
    if (const auto stream = weak.lock()) lose(stream, out.undone);
  return out;
}

void stream_table::begin(std::uint64_t time) {
  const std::lock_guard lock(mutex_);
  if (time > ended_time_) ended_ = false;
}

void tell_committed(const std::vector<reached_ticket>& committed) {
  for (const auto& c : committed) c.to->observer->committed(c.ticket);
}

void tell_applied(const std::vector<reached_ticket>& applied) {
  for (const auto& a : applied) a.to->observer->applied(a.ticket);
}

void tell(const broken_streams& broken, const error_info& uncertain, const error_info& undone) {
  for (const auto& stream : broken.uncertain) stream->observer->lost(uncertain);
  for (const auto& stream : broken.undone) stream->observer->lost(undone);
  tell_applied(broken.starting);
}

}  // namespace taskdriver::cluster
