// The tables behind the rate limits: shards of counters under one lock each, bounded in size.
#include "http/rate_limiter.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/random.hpp"

namespace taskdriver::http {
namespace {

constexpr std::size_t shard_count = 16;
constexpr domain::token_hash admin_key{};  // no SHA-256 that anybody knows a token for

struct budget {
  std::int64_t window_end_ms = 0;  // steady clock
  std::uint64_t used = 0;
};

rate_verdict verdict_of(const budget& b, std::uint64_t limit, instant now) {
  const std::int64_t left_ms = b.window_end_ms - now.steady_ms;
  rate_verdict verdict;
  verdict.limit = limit;
  verdict.remaining = b.used < limit ? limit - b.used : 0;
  verdict.reset_unix_s = (now.wall_ms + left_ms + 999) / 1000;
  verdict.retry_after_s = static_cast<int>(std::max<std::int64_t>(1, (left_ms + 999) / 1000));
  return verdict;
}

/// Seeded per process, so that nobody can choose addresses that collide.
std::size_t seeded_hash(const domain::token_hash& key) {
  static const std::uint64_t seed = random_u64();
  std::uint64_t mixed = seed;
  for (std::size_t at = 0; at < key.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, &key[at], 8);
    mixed = (mixed ^ word) * (seed | 1);
    mixed ^= mixed >> 32;
  }
  return mixed * 0x9e3779b97f4a7c15;  // so that the upper bits, which choose the shard, are good
}

/// 32 bytes for both kinds of keys; they live in different tables.
domain::token_hash key_of(const address_key& address) {
  domain::token_hash key{};
  std::ranges::copy(address, key.begin());
  return key;
}

}  // namespace

/// One budget per key. A flood of new keys can push others out, but never the ones that have used
/// most of their budget: an address that was refused stays refused.
struct rate_limiter::table {
  table(std::size_t keys_max, std::int64_t window_ms)
      : shard_keys_max(std::max<std::size_t>(1, keys_max / shard_count)), window_ms(window_ms) {}

  struct key_hash {
    std::size_t operator()(const domain::token_hash& key) const { return seeded_hash(key); }
  };
  struct alignas(64) shard {
    mutable std::mutex lock;
    std::unordered_map<domain::token_hash, budget, key_hash> budgets;
    std::size_t hand = 0;  // the bucket where the next search for a victim starts
  };

  shard& shard_of(const domain::token_hash& key) { return shards[key_hash{}(key) >> 60]; }

  /// The key's budget in a window that is still open; made if absent. Under the shard's lock.
  budget& open(shard& s, const domain::token_hash& key, instant now) {
    auto found = s.budgets.find(key);
    if (found == s.budgets.end()) {
      if (s.budgets.size() >= shard_keys_max) evict(s, now);
      found = s.budgets.try_emplace(key).first;
    }
    if (found->second.window_end_ms <= now.steady_ms)
      found->second = {now.steady_ms + window_ms, 0};
    return found->second;
  }

  void evict(shard& s, instant now);

  std::size_t shard_keys_max;
  std::int64_t window_ms;
  std::array<shard, shard_count> shards;
};

/// Forgets one of the next few keys after the hand: one whose window is over, else the one that
/// has used least. Constant effort, because a flood makes this the common case.
void rate_limiter::table::evict(shard& s, instant now) {
  constexpr int candidates = 8;
  const domain::token_hash* victim = nullptr;
  std::uint64_t least = UINT64_MAX;
  const std::size_t buckets = s.budgets.bucket_count();
  int seen = 0;
  for (std::size_t step = 0; step < buckets && seen < candidates; ++step) {
    const std::size_t at = s.hand++ % buckets;
    for (auto it = s.budgets.cbegin(at); it != s.budgets.cend(at); ++it) {
      const std::uint64_t used = it->second.window_end_ms <= now.steady_ms ? 0 : it->second.used;
      if (victim == nullptr || used < least) victim = &it->first, least = used;
      ++seen;
    }
  }
  if (victim != nullptr) s.budgets.erase(domain::token_hash(*victim));
}

rate_limiter::rate_limiter(const rate_limits& limits)
    : limits_(limits),
      addresses_(std::make_unique<table>(limits.keys_max, limits.window_ms)),
      sessions_(std::make_unique<table>(limits.keys_max, limits.window_ms)) {}

rate_limiter::~rate_limiter() = default;

namespace {

/// One of the two tables with the limit that holds in it. Table is rate_limiter::table, which is
/// private and therefore deduced.
template <class Table>
class ledger {
public:
  ledger(Table& t, std::uint64_t limit) : table_(t), limit_(limit) {}

  /// Takes one from the budget unless it is used up. The key is remembered even if there is no
  /// limit: a session's being here means that its token is valid.
  rate_verdict charge(const domain::token_hash& key, instant now) {
    auto& shard = table_.shard_of(key);
    const std::lock_guard guard(shard.lock);
    return charge(table_.open(shard, key, now), now);
  }

  /// nullopt if nothing is known of the key.
  std::optional<rate_verdict> charge_known(const domain::token_hash& key, instant now) {
    auto& shard = table_.shard_of(key);
    const std::lock_guard guard(shard.lock);
    if (!shard.budgets.contains(key)) return std::nullopt;
    return charge(table_.open(shard, key, now), now);
  }

  /// What charge() would say, nothing taken and no key made.
  rate_verdict look(const domain::token_hash& key, instant now) {
    if (limit_ == 0) return {};
    auto& shard = table_.shard_of(key);
    const std::lock_guard guard(shard.lock);
    const auto found = shard.budgets.find(key);
    const bool is_open =
        found != shard.budgets.end() && found->second.window_end_ms > now.steady_ms;
    const budget now_open = is_open ? found->second : budget{now.steady_ms + table_.window_ms, 0};
    auto verdict = verdict_of(now_open, limit_, now);
    verdict.allowed = now_open.used < limit_;
    return verdict;
  }

  bool knows(const domain::token_hash& key) {
    auto& shard = table_.shard_of(key);
    const std::lock_guard guard(shard.lock);
    return shard.budgets.contains(key);
  }

  void forget(const domain::token_hash& key) {
    auto& shard = table_.shard_of(key);
    const std::lock_guard guard(shard.lock);
    shard.budgets.erase(key);
  }

private:
  rate_verdict charge(budget& budget, instant now) {
    if (limit_ == 0) return {};
    const bool allowed = budget.used < limit_;
    if (allowed) ++budget.used;
    auto verdict = verdict_of(budget, limit_, now);
    verdict.allowed = allowed;
    return verdict;
  }

  Table& table_;
  std::uint64_t limit_;
};

}  // namespace

rate_verdict rate_limiter::admit(const rate_caller& caller, instant now) {
  ledger addresses(*addresses_, limits_.per_ip);
  ledger sessions(*sessions_, limits_.per_session);
  switch (caller.who) {
    case rate_caller::kind::admin:
      return ledger(*sessions_, limits_.for_admin).charge(admin_key, now);
    case rate_caller::kind::tokenless:
      return addresses.charge(key_of(caller.address), now);
    case rate_caller::kind::token:
      if (const auto known = sessions.charge_known(caller.token, now)) return *known;
      // It may be valid: others who used up the address's budget must not lock it out.
      return {.settled = false};
    case rate_caller::kind::login:
      break;
  }
  auto verdict = addresses.look(key_of(caller.address), now);
  verdict.settled = !verdict.allowed;
  return verdict;
}

rate_verdict rate_limiter::settle(const rate_caller& caller, const rate_verdict& admitted,
                                  const std::optional<domain::token_hash>& proven, instant now) {
  if (admitted.settled) return admitted;
  auto verdict = proven ? ledger(*sessions_, limits_.per_session).charge(*proven, now)
                        : ledger(*addresses_, limits_.per_ip).charge(key_of(caller.address), now);
  // A login was worked on: the next one is the one to refuse. A token that is not valid got
  // nothing, so its 401 can still become a 429.
  if (proven || caller.who == rate_caller::kind::login) verdict.allowed = true;
  return verdict;
}

void rate_limiter::distrust(const domain::token_hash& token) {
  ledger(*sessions_, limits_.per_session).forget(token);
}

rate_verdict rate_limiter::show(const rate_caller& caller, instant now) const {
  ledger sessions(*sessions_, limits_.per_session);
  const bool trusted = caller.who == rate_caller::kind::token && sessions.knows(caller.token);
  auto verdict = caller.who == rate_caller::kind::admin
                     ? ledger(*sessions_, limits_.for_admin).look(admin_key, now)
                 : trusted ? sessions.look(caller.token, now)
                           : ledger(*addresses_, limits_.per_ip).look(key_of(caller.address), now);
  verdict.allowed = true;
  return verdict;
}

std::size_t rate_limiter::keys() const {
  std::size_t sum = 0;
  for (const auto* table : {addresses_.get(), sessions_.get()}) {
    for (const auto& shard : table->shards) {
      const std::lock_guard guard(shard.lock);
      sum += shard.budgets.size();
    }
  }
  return sum;
}

address_key address_key_of(std::string_view address) {
  if (address.size() >= 2 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  const std::string text(address.substr(0, address.find('%')));  // without an interface's name
  address_key key{};
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    key[10] = key[11] = 0xff;
    std::memcpy(&key[12], &v4, 4);
  } else if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) {
    const bool is_mapped_v4 = IN6_IS_ADDR_V4MAPPED(&v6);
    std::memcpy(key.data(), &v6, is_mapped_v4 ? 16 : 8);
  } else {
    key[15] = 1;  // no address has this key: the low half of IPv6 ones is zero
  }
  return key;
}

void add_rate_headers(const rate_verdict& verdict, header_sink& out) {
  if (verdict.limit == 0) return;
  out.add("X-RateLimit-Limit", std::to_string(verdict.limit));
  out.add("X-RateLimit-Remaining", std::to_string(verdict.remaining));
  out.add("X-RateLimit-Reset", std::to_string(verdict.reset_unix_s));
  if (!verdict.allowed) out.add("Retry-After", std::to_string(verdict.retry_after_s));
}

}  // namespace taskdriver::http
