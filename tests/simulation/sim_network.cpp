// Decides the fate of each message when it is sent.
#include "tests/simulation/sim_network.hpp"

#include <algorithm>

namespace taskdriver::simulation {

void sim_network::mend_all() {
  for (auto& from : links_)
    for (auto& link : from) link.cuts = 0;
}

int sim_network::copies(node_index from, node_index to) {
  if (!open(from, to)) return 0;
  if (profile_.drop > 0 && random_.per_mille(profile_.drop)) return 0;
  return profile_.twice > 0 && random_.per_mille(profile_.twice) ? 2 : 1;
}

std::int64_t sim_network::arrival(node_index from, node_index to, std::int64_t now_us) {
  auto at = now_us + random_.between(profile_.delay_min, profile_.delay_max);
  if (profile_.far > 0 && random_.per_mille(profile_.far))
    return at + random_.between(10'000, 4'000'000);
  if (profile_.unordered > 0 && random_.per_mille(profile_.unordered))
    return at + random_.between(0, 2 * profile_.delay_max);
  auto& last = links_[from][to].last_us;
  at = std::max(at, last);
  last = at;
  return at;
}

std::int64_t sim_network::ordered_arrival(node_index from, node_index to, std::int64_t now_us) {
  auto& last = links_[from][to].last_ordered_us;
  last = std::max(last, now_us + random_.between(profile_.delay_min, profile_.delay_max));
  return last;
}

}  // namespace taskdriver::simulation
