// Measures the CPU of the calling thread from one write to the next.
#include "storage/compaction_pacer.hpp"

#include <time.h>

#include <algorithm>
#include <thread>

namespace taskdriver::storage {
namespace {

using std::chrono::nanoseconds;

constexpr double share_min = 0.15;
constexpr nanoseconds rest_max = std::chrono::milliseconds{250};

nanoseconds cpu_of_this_thread() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds{used.tv_sec} + nanoseconds{used.tv_nsec};
}

}  // namespace

double compaction_share(int files) {
  const double behind = static_cast<double>(files - files_many) / (files_too_many - files_many);
  return share_min + (1 - share_min) * std::clamp(behind, 0.0, 1.0);
}

nanoseconds rest_after(nanoseconds cpu, double share) {
  const auto rest = std::chrono::duration_cast<nanoseconds>(cpu * (1 / share - 1));
  return std::min(rest, rest_max);
}

compaction_pacer::compaction_pacer(sleeper sleep) : sleep_(std::move(sleep)) {}

compaction_pacer::compaction_pacer()
    : compaction_pacer([](nanoseconds rest) { std::this_thread::sleep_for(rest); }) {}

void compaction_pacer::Request(std::int64_t, rocksdb::Env::IOPriority priority,
                               rocksdb::Statistics*) {
  thread_local nanoseconds counted{0};
  const auto used = cpu_of_this_thread() - counted;
  counted += used;
  // RocksDB itself raises the priority of compactions for which writes wait already.
  if (priority != rocksdb::Env::IO_LOW) return;
  if (const auto rest = rest_after(used, share()); rest > nanoseconds{0}) sleep_(rest);
}

}  // namespace taskdriver::storage
