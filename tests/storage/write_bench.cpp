// Measures the write path alone: storage_write_bench DIR BATCH ENTRIES; not a test, asserts
// nothing.
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/wire.hpp"
#include "storage/log_writer.hpp"
#include "storage/node_store.hpp"
#include "storage/payload_codec.hpp"

namespace {

using namespace taskdriver;
using namespace taskdriver::storage;

constexpr int operations_per_entry = 20;

/// 20 puts of 24-byte keys and 40-byte values, as a task's life makes them.
log_entry make_entry(std::uint64_t index) {
  payload_builder payload(operations_per_entry * 70);
  std::string key;
  const std::string value(40, 'v');
  for (int i = 0; i < operations_per_entry; ++i) {
    key.clear();
    byte_writer out(key);
    out.u16(0);
    out.u32(1);
    out.u8(static_cast<std::uint8_t>(i + 1));
    out.u64(index);
    out.raw("123456789");
    payload.put(key, value);
  }
  return {shard_id{0}, 1, index, payload.take()};
}

/// Applies what is durable and lets the feeder wait for it.
class applying_observer final : public log_observer {
public:
  explicit applying_observer(node_store& store) : store_(store) {}
  void durable(std::span<log_entry> entries) override {
    if (!store_.apply(entries)) std::abort();
    std::lock_guard lock(mutex_);
    done_ += entries.size();
    changed_.notify_all();
  }
  void marked(std::span<const log_mark>) override {}
  void refused(std::span<const log_entry>, const error_info& why) override {
    std::fprintf(stderr, "refused: %s\n", why.text.c_str());
    std::abort();
  }
  void wait(std::uint64_t entries) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_ >= entries; });
  }

private:
  node_store& store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t done_ = 0;
};

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void report(std::uint64_t entries, const log_writer_stats& stats, double wall, double cpu,
            std::vector<double>& waits) {
  std::sort(waits.begin(), waits.end());
  const auto fsyncs = static_cast<double>(stats.fsyncs);
  std::printf("entries/s %.0f  synced batches/s %.0f  entries/batch %.1f  CPU us/entry %.1f  ",
              static_cast<double>(entries) / wall, fsyncs / wall,
              static_cast<double>(entries) / fsyncs, 1e6 * cpu / static_cast<double>(entries));
  std::printf("batch ms p50 %.3f p99 %.3f max %.3f\n", 1e3 * waits[waits.size() / 2],
              1e3 * waits[waits.size() * 99 / 100], 1e3 * waits.back());
}

/// A whole number of at least 1: batches of nothing never get done, and no batches have no median.
std::optional<std::uint64_t> read_count(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure != std::errc{} || end != text.data() + text.size() || count == 0) return std::nullopt;
  return count;
}

int usage() {
  std::fprintf(stderr,
               "usage: storage_write_bench DIR BATCH ENTRIES\n"
               "BATCH (entries appended at once) and ENTRIES (in all) are numbers of at least 1\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return usage();
  const auto batch = read_count(argv[2]);
  const auto entries = read_count(argv[3]);
  if (!batch || !entries) return usage();
  auto opened = node_store::open({.data_dir = argv[1]});
  if (!opened) return std::fprintf(stderr, "%s\n", opened.error().text.c_str()), 1;
  node_store& store = **opened;
  applying_observer observer(store);
  std::vector<double> waits;
  const auto begun = std::chrono::steady_clock::now();
  const double cpu_before = cpu_seconds();
  std::uint64_t index = store.applied(shard_id{0});
  log_writer writer(store, observer);
  for (std::uint64_t done = 0; done < *entries;) {
    std::vector<log_entry> all;
    for (; all.size() < *batch && done < *entries; ++done) all.push_back(make_entry(++index));
    const auto sent = std::chrono::steady_clock::now();
    if (!writer.append(log_mark{.shard = shard_id{0}}, std::move(all))) std::abort();
    observer.wait(done);
    waits.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - sent).count());
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begun;
  report(*entries, writer.stats(), wall.count(), cpu_seconds() - cpu_before, waits);
}
