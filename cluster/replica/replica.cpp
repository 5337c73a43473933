// The public face of a replica; everything is decided in replica_core.
#include "cluster/replica/replica.hpp"

#include "cluster/replica/replica_core.hpp"

namespace taskdriver::cluster {

replica::replica(member self, std::uint64_t boot, const recovered_replica& at,
                 const log_source& log, const replica_settings& settings, std::int64_t now_ms)
    : core_(std::make_unique<replica_core>(std::move(self), boot, at, log, settings, now_ms)) {}
replica::~replica() = default;
replica::replica(replica&&) noexcept = default;
replica& replica::operator=(replica&&) noexcept = default;

replica_outputs replica::step(std::int64_t now_ms, const replica_input& input) {
  return core_->step(now_ms, input);
}
std::int64_t replica::serving_until_ms() const {
  return core_->serving_until_ms();
}
replica_status replica::status(std::int64_t now_ms) const {
  return core_->status(now_ms);
}
const shard_configuration& replica::configuration() const {
  return core_->configuration();
}
std::uint64_t replica::commit_index() const {
  return core_->commit_index();
}
std::uint64_t replica::last_index() const {
  return core_->last_index();
}
bool replica::leads() const {
  return core_->leads();
}

}  // namespace taskdriver::cluster
