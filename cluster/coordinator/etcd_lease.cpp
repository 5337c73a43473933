// Granting, keeping and losing leases; putting keys under them; the election.
#include "cluster/coordinator/etcd_lease.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/time.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::int64_t retry_ms = 500;
constexpr std::int64_t owned_for_good = -1;

std::int64_t now_ms() {
  return system_time().now().steady_ms;
}

}  // namespace

// --- the lease ----------------------------------------------------------------------------------

etcd_lease::etcd_lease(http_loop& loop, etcd_client& client, int ttl_s,
                       std::function<void()> changed)
    : loop_(loop),
      client_(client),
      ttl_s_(ttl_s),
      ttl_ms_(ttl_s * std::int64_t{1000}),
      changed_(std::move(changed)) {}

bool etcd_lease::sure() const {
  return id_ != 0 && now_ms() < confirmed_ms_ + ttl_ms_;
}

void etcd_lease::grant() {
  if (loop_.stopping()) return;
  const std::int64_t sent_ms = now_ms();
  // As a change: a lease that nobody knows of would only run out, but so it is made once.
  client_.call(etcd_client::kind::change, "/v3/lease/grant", grant_request(ttl_s_),
               [self = shared_from_this(), sent_ms](const etcd_answer& answer) {
                 if (self->loop_.stopping()) return;
                 const auto granted = answer.fate == etcd_fate::answered
                                          ? read_grant_answer(answer.body)
                                          : result<lease_answer>(error_info{});
                 if (!granted) {
                   self->loop_.after(retry_ms, [self] { self->grant(); });
                   return;
                 }
                 self->id_ = granted->lease;
                 self->confirmed(sent_ms);
               });
}

/// Sure again, or still; the timer tells when it no longer is.
void etcd_lease::confirmed(std::int64_t sent_ms) {
  confirmed_ms_ = sent_ms;
  loop_.cancel_timer(sure_timer_);
  sure_timer_ = loop_.after(std::max<std::int64_t>(0, sent_ms + ttl_ms_ - now_ms()),
                            [self = shared_from_this()] { self->changed_(); });
  keep_alive_after(std::max<std::int64_t>(0, sent_ms + ttl_ms_ / 3 - now_ms()));
  changed_();
}

void etcd_lease::keep_alive_after(std::int64_t ms) {
  loop_.cancel_timer(keep_timer_);
  keep_timer_ = loop_.after(ms, [self = shared_from_this()] { self->keep_alive(); });
}

void etcd_lease::keep_alive() {
  if (loop_.stopping() || id_ == 0) return;
  const std::int64_t sent_ms = now_ms();
  client_.call(etcd_client::kind::read, "/v3/lease/keepalive", lease_request(id_),
               [self = shared_from_this(), sent_ms, id = id_](const etcd_answer& answer) {
                 if (self->loop_.stopping() || id != self->id_) return;
                 if (answer.fate == etcd_fate::refused && answer.code == etcd_not_found)
                   return self->lost();
                 const auto kept = answer.fate == etcd_fate::answered
                                       ? read_keep_alive_answer(answer.body)
                                       : result<lease_answer>(error_info{});
                 if (!kept) return self->keep_alive_after(retry_ms);
                 kept->ttl_s > 0 ? self->confirmed(sent_ms) : self->lost();
               });
}

void etcd_lease::lost() {
  log_event(log_level::warn, "lease in etcd lost", {{"ttl_s", ttl_s_}});
  id_ = 0;
  changed_();
  grant();
}

void etcd_lease::renew() {
  if (loop_.stopping() || id_ == 0) return;
  const std::int64_t old = std::exchange(id_, 0);
  client_.call(etcd_client::kind::read, "/v3/lease/revoke", lease_request(old),
               [self = shared_from_this()](const etcd_answer&) {
                 self->loop_.after(retry_ms, [self] { self->grant(); });
               });
  changed_();
}

void etcd_lease::give_up() {
  if (const std::int64_t old = std::exchange(id_, 0); old != 0)
    client_.last_word("/v3/lease/revoke", lease_request(old));
}

// --- an announced key ---------------------------------------------------------------------------

etcd_announcement::etcd_announcement(http_loop& loop, etcd_client& client, std::string key,
                                     int ttl_s)
    : client_(client),
      key_(std::move(key)),
      lease_(std::make_shared<etcd_lease>(loop, client, ttl_s,
                                          [this, alive = std::weak_ptr<int>(alive_)] {
                                            if (!alive.expired()) put();
                                          })) {}

void etcd_announcement::start(std::string value) {
  value_ = std::move(value);
  lease_->start();
}

void etcd_announcement::set(std::string value) {
  value_ = std::move(value);
  put();
}

/// One at a time: an older value must not arrive after a newer one.
void etcd_announcement::put() {
  const std::int64_t lease = lease_->id();
  if (putting_ || lease == 0 || client_.stopping()) return;
  if (put_lease_ == lease && put_value_ == value_) return;
  putting_ = true;
  client_.call(etcd_client::kind::change, "/v3/kv/put", put_request(key_, value_, lease),
               [self = shared_from_this(), lease, value = value_](const etcd_answer& answer) {
                 self->putting_ = false;
                 if (answer.fate == etcd_fate::answered) {
                   self->put_lease_ = lease;
                   self->put_value_ = value;
                 } else if (lease == self->lease_->id()) {
                   // It may still arrive: without its lease it cannot, once that is revoked.
                   self->lease_->renew();
                 }
                 self->put();
               });
}

// --- a campaign ---------------------------------------------------------------------------------

etcd_campaign::etcd_campaign(http_loop& loop, etcd_client& client, wish w)
    : loop_(loop), client_(client), wish_(std::move(w)) {}

void etcd_campaign::start() {
  const auto self = shared_from_this();
  lease_ = std::make_shared<etcd_lease>(loop_, client_, wish_.ttl_s, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->decide();
  });
  const auto lease_of = [](const etcd_item& item) {
    return item.lease == 0 ? owned_for_good : item.lease;
  };
  watch_sink sink;
  sink.wanted = [self] { return !self->over_; };
  sink.snapshot = [self, lease_of](const range_answer& all) {
    self->seen(all.revision, all.items.empty() ? 0 : lease_of(all.items.front()));
  };
  sink.changed = [self, lease_of](const std::vector<etcd_event>& events) {
    for (const etcd_event& one : events)
      self->seen(one.item.revision, one.deleted ? 0 : lease_of(one.item));
  };
  std::make_shared<etcd_watch>(loop_, client_, etcd_range{wish_.key, false}, std::move(sink))
      ->start();
  lease_->start();
}

void etcd_campaign::seen(std::int64_t revision, std::int64_t owner_lease) {
  if (revision < seen_revision_) return;
  seen_revision_ = revision;
  owner_lease_ = owner_lease;
  key_known_ = true;
  decide();
}

void etcd_campaign::decide() {
  if (over_ || loop_.stopping()) return;
  const bool owner = lease_->sure() && owner_lease_ == lease_->id();
  if (owner != told_) {
    told_ = owner;
    wish_.changed(owner);
  }
  if (key_known_ && owner_lease_ == 0) try_to_own();
}

void etcd_campaign::try_to_own() {
  if (trying_ || !lease_->sure()) return;
  trying_ = true;
  const std::int64_t lease = lease_->id();
  client_.call(etcd_client::kind::change, "/v3/kv/txn",
               put_if_request(wish_.key, 0, wish_.value, lease),
               [self = shared_from_this(), lease](const etcd_answer& answer) {
                 self->trying_ = false;
                 self->tried(lease, answer);
               });
}

void etcd_campaign::tried(std::int64_t lease, const etcd_answer& answer) {
  if (over_ || loop_.stopping()) return;
  const auto outcome = answer.fate == etcd_fate::answered ? read_change_answer(answer.body)
                                                          : result<change_answer>(error_info{});
  // Lost against another one: the watch will show it.
  if (outcome && outcome->succeeded) seen(outcome->revision, lease);
  if (!outcome && lease == lease_->id()) lease_->renew();
}

void etcd_campaign::give_up() {
  over_ = true;
  if (lease_) lease_->give_up();
  if (std::exchange(told_, false)) wish_.changed(false);
}

}  // namespace taskdriver::cluster
