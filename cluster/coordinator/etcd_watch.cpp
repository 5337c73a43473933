// List, stream, and what to do when a stream ends or falls silent.
#include "cluster/coordinator/etcd_watch.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::int64_t check_ms = 3000;
constexpr std::int64_t pause_ms_min = 50;
constexpr std::int64_t pause_ms_max = 1000;
/// The register's values are small; etcd itself takes 1.5 MiB per request.
constexpr std::size_t line_bytes_max = std::size_t{16} << 20;

}  // namespace

etcd_watch::etcd_watch(http_loop& loop, etcd_client& client, etcd_range range, watch_sink sink)
    : loop_(loop), client_(client), range_(std::move(range)), sink_(std::move(sink)) {}

void etcd_watch::list() {
  if (loop_.stopping() || !sink_.wanted()) return;
  client_.call(etcd_client::kind::read, "/v3/kv/range", range_request(range_),
               [self = shared_from_this()](const etcd_answer& answer) { self->listed(answer); });
}

void etcd_watch::listed(const etcd_answer& answer) {
  if (loop_.stopping() || !sink_.wanted()) return;
  if (answer.fate != etcd_fate::answered) return pause(answer.why);
  const auto all = read_range_answer(answer.body);
  if (!all) {
    client_.log_nonsense(open_.endpoint, all.error().text);
    return pause(all.error().text);
  }
  next_ = all->revision + 1;
  sink_.snapshot(*all);
  stream();
}

void etcd_watch::stream() {
  client_.with_token([self = shared_from_this()] { self->open(); });
}

void etcd_watch::open() {
  if (loop_.stopping() || !sink_.wanted()) return;
  buffer_.clear();
  const std::uint64_t generation = ++generation_;
  const auto self = shared_from_this();
  open_ = client_.open_stream(
      "/v3/watch", watch_request(range_, next_),
      [self, generation](std::string_view bytes) { return self->received(generation, bytes); },
      [self, generation](const std::string& why) { self->broken(generation, why); });
  check_later();
}

bool etcd_watch::received(std::uint64_t generation, std::string_view bytes) {
  if (generation != generation_ || !sink_.wanted()) return false;
  buffer_ += bytes;
  std::size_t begin = 0;
  for (auto end = buffer_.find('\n'); end != std::string::npos; end = buffer_.find('\n', begin)) {
    const std::string_view line = std::string_view(buffer_).substr(begin, end - begin);
    if (!line.empty() && !read_line(line)) return false;
    begin = end + 1;
  }
  buffer_.erase(0, begin);
  return buffer_.size() <= line_bytes_max;
}

bool etcd_watch::read_line(std::string_view line) {
  auto answer = read_watch_answer(line);
  if (!answer) {
    client_.log_nonsense(open_.endpoint, answer.error().text);
    return false;
  }
  if (answer->compacted) next_ = 0;
  if (answer->ended) return false;
  pause_ms_ = 0;
  // A member that is asked again from the same revision may repeat nothing; this holds it to that.
  auto& events = answer->events;
  std::erase_if(events, [this](const etcd_event& one) { return one.item.revision < next_; });
  if (events.empty()) return true;
  for (const etcd_event& one : events) next_ = std::max(next_, one.item.revision + 1);
  sink_.changed(events);
  return true;
}

void etcd_watch::broken(std::uint64_t generation, const std::string& why) {
  if (generation != generation_) return;
  if (next_ != 0) client_.avoid(open_.endpoint);
  pause(why);
}

void etcd_watch::pause(const std::string& why) {
  if (loop_.stopping() || !sink_.wanted()) return;
  log_event(log_level::debug, "watch interrupted", {{"key", range_.key}, {"why", why}});
  ++generation_;
  loop_.cancel(open_.request);
  pause_ms_ = std::clamp(pause_ms_ * 2, pause_ms_min, pause_ms_max);
  loop_.after(pause_ms_,
              [self = shared_from_this()] { self->next_ == 0 ? self->list() : self->stream(); });
}

void etcd_watch::check_later() {
  loop_.after(check_ms, [self = shared_from_this(), generation = generation_] {
    if (generation != self->generation_ || self->loop_.stopping()) return;
    if (!self->sink_.wanted()) return self->loop_.cancel(self->open_.request);
    self->client_.probe(
        self->open_.endpoint, probe_request(self->range_.key),
        [self, generation](const etcd_answer& answer) { self->checked(generation, answer); });
  });
}

void etcd_watch::checked(std::uint64_t generation, const etcd_answer& answer) {
  if (generation != generation_) return;
  // A refusal is an answer, too: of a token that the next request replaces.
  if (answer.fate == etcd_fate::refused) return check_later();
  if (answer.fate != etcd_fate::answered) {
    client_.avoid(open_.endpoint);
    return pause("its member does not answer: " + answer.why);
  }
  const auto now = read_range_answer(answer.body);
  // A register that was restored from a backup: what was seen does not exist.
  if (now && now->revision < next_ - 1) {
    next_ = 0;
    return pause("the register went back in time");
  }
  check_later();
}

}  // namespace taskdriver::cluster
