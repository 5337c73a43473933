// A lease in etcd that is kept alive, and what hangs on one: announced keys and campaigns.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cluster/coordinator/etcd_client.hpp"
#include "cluster/coordinator/etcd_watch.hpp"

namespace taskdriver::cluster {

///   none --grant--> held --keep-alive every TTL/3--> held
///    ^               |  ^ confirmed                    | no confirmation for TTL
///    |               |  +------------------------- unsure
///    +-- etcd does not know it, or renew() ------------+
///
/// Thread: the loop's.
class etcd_lease : public std::enable_shared_from_this<etcd_lease> {
public:
  /// `changed` is called after every arrow; it must not keep the lease alive.
  etcd_lease(http_loop& loop, etcd_client& client, int ttl_s, std::function<void()> changed);
  void start() { grant(); }

  /// 0: none.
  std::int64_t id() const { return id_; }
  /// It did not run out in etcd yet: a request confirmed it that was sent less than TTL ago.
  bool sure() const;
  /// Gives it up, with all that hangs on it, and begins another one: for when the outcome of a
  /// request under it is unknown.
  void renew();
  /// At the end of the process.
  void give_up();

private:
  void grant();
  void keep_alive_after(std::int64_t ms);
  void keep_alive();
  void confirmed(std::int64_t sent_ms);
  void lost();

  http_loop& loop_;
  etcd_client& client_;
  const int ttl_s_;
  const std::int64_t ttl_ms_;
  const std::function<void()> changed_;
  std::int64_t id_ = 0;
  std::int64_t confirmed_ms_ = 0;  // when the newest confirmed request was sent
  std::uint64_t sure_timer_ = 0;
  std::uint64_t keep_timer_ = 0;
};

/// Keeps one key there under a lease of its own. Thread: the loop's.
class etcd_announcement : public std::enable_shared_from_this<etcd_announcement> {
public:
  etcd_announcement(http_loop& loop, etcd_client& client, std::string key, int ttl_s);
  void start(std::string value);
  void set(std::string value);
  void give_up() { lease_->give_up(); }

private:
  void put();

  etcd_client& client_;
  const std::string key_;
  const std::shared_ptr<int> alive_ = std::make_shared<int>();
  std::string value_;
  std::shared_ptr<etcd_lease> lease_;
  std::string put_value_;
  std::int64_t put_lease_ = 0;  // under which put_value_ is there
  bool putting_ = false;
};

/// Tries to own one key under a lease of its own. Thread: the loop's.
class etcd_campaign : public std::enable_shared_from_this<etcd_campaign> {
public:
  struct wish {
    std::string key;
    std::string value;
    int ttl_s = 0;
    std::function<void(bool)> changed;
  };
  etcd_campaign(http_loop& loop, etcd_client& client, wish w);
  void start();
  /// The end: the key goes, and `changed` hears it.
  void give_up();

private:
  void seen(std::int64_t revision, std::int64_t owner_lease);
  void decide();
  void try_to_own();
  void tried(std::int64_t lease, const etcd_answer& answer);

  http_loop& loop_;
  etcd_client& client_;
  const wish wish_;
  std::shared_ptr<etcd_lease> lease_;
  bool key_known_ = false;
  std::int64_t owner_lease_ = 0;    // 0: the key is absent; -1: owned without a lease
  std::int64_t seen_revision_ = 0;  // what is older does not count
  bool trying_ = false;
  bool told_ = false;
  bool over_ = false;
};

}  // namespace taskdriver::cluster
