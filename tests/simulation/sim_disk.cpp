// Operations become safe in order; one cluster::disk_write is safe as a whole or not at all.
#include "tests/simulation/sim_disk.hpp"

#include <algorithm>

#include "cluster/replica/mutants.hpp"
#include "tests/simulation/violation.hpp"

namespace taskdriver::simulation {
namespace {

/// One overload per kind of operation.
struct image_writer {
  shard_image& image;

  void operator()(const cluster::disk_write& write) {
    image.seen_epoch = std::max(image.seen_epoch, write.seen_epoch);
    if (write.truncate_from != 0) {
      require(write.truncate_from > image.state.index, "a write truncates what is applied on disk");
      image.log.resize(
          std::min<std::size_t>(image.log.size(), write.truncate_from - image.base_index - 1));
    }
    for (const auto& e : write.entries) {
      require(e.index == image.last_index() + 1, "a write leaves a gap in the log");
      image.log.push_back(e);
    }
  }
  void operator()(const cut_log& cut) {
    if (cut.base_index <= image.base_index) return;
    require(cut.base_index <= image.state.index, "the log is cut above the flushed state");
    image.log.erase(image.log.begin(),
                    image.log.begin() + static_cast<long>(cut.base_index - image.base_index));
    image.base_index = cut.base_index;
    image.base_epoch = cut.base_epoch;
  }
  void operator()(const flush_state& flush) {
    if (flush.installs == image.installs && flush.at.index > image.state.index)
      image.state = flush.at;
  }
  void operator()(const gather_state&) {}
  void operator()(const install_state& install) {
    std::vector<cluster::entry> suffix;
    if (install.keep_suffix)
      for (auto& e : image.log)
        if (e.index > install.at.index) suffix.push_back(std::move(e));
    image.log = std::move(suffix);
    image.base_index = install.at.index;
    image.base_epoch = install.at.entry_epoch;
    image.state = install.at;
    if (install.drops && cluster::breaks(cluster::mutant::drop_forgets_seen)) image.seen_epoch = 0;
    ++image.installs;
  }
};

}  // namespace

bool shard_image::holds(std::uint64_t index, std::uint64_t epoch) const {
  if (index <= base_index) return true;
  return index <= last_index() && log[index - base_index - 1].epoch == epoch;
}

void sim_disk::add(shard_index shard, operation what) {
  const bool flush = std::holds_alternative<flush_state>(what);
  lanes_[flush].waiting.push_back({shard, std::move(what)});
}

bool sim_disk::begin_batch(bool flush) {
  auto& lane = lanes_[flush];
  if (lane.running > 0 || lane.waiting.empty()) return false;
  lane.running = lane.waiting.size();
  return true;
}

std::vector<sim_disk::queued> sim_disk::end_batch(bool flush) {
  auto& lane = lanes_[flush];
  std::vector<queued> done;
  done.reserve(lane.running);
  for (; lane.running > 0; --lane.running) {
    make_safe(lane.waiting.front());
    done.push_back(std::move(lane.waiting.front()));
    lane.waiting.pop_front();
  }
  return done;
}

void sim_disk::crash(random_stream& random) {
  for (auto& lane : lanes_) {
    const auto kept = random.below(lane.waiting.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) make_safe(lane.waiting[i]);
    lane = {};
  }
}

void sim_disk::make_safe(const queued& done) {
  std::visit(image_writer{images_[done.shard]}, done.what);
}

}  // namespace taskdriver::simulation
