// The register of a real cluster: etcd 3.4 or newer over its JSON gateway.
#pragma once

#include <memory>
#include <string>

#include "cluster/coordinator/coordinator.hpp"
#include "cluster/coordinator/etcd_client.hpp"

namespace taskdriver::cluster {

/// Reads and lists are linearizable: etcd's `serializable` is never asked for. A change that was
/// sent and got no good answer is unknown; it is never sent twice.
///
/// Thread: any; callbacks on its own one, which sleeps while there is nothing to do. Must not be
/// destroyed out of a callback. Destroying it ends all leases, so that nobody has to wait for them.
/// Owns: the thread, connections, leases and watches.
class etcd_coordinator final : public coordinator {
public:
  explicit etcd_coordinator(etcd_options options);
  ~etcd_coordinator() override;

  void read(const std::string& key, read_done done) override;
  void list(const std::string& prefix, list_done done) override;
  void change(const std::string& key, std::int64_t expected, std::string value,
              change_done done) override;
  void remove(const std::string& key, std::int64_t expected, change_done done) override;
  void watch(const std::string& prefix, std::shared_ptr<watch_observer> observer) override;
  void announce(const std::string& key, std::string value, int ttl_s) override;
  void campaign(const std::string& key, std::string value, int ttl_s,
                std::function<void(bool)> changed) override;
  bool reachable() const override;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

/// Whether `text` may be an endpoint: "http://HOST:PORT" or "https://HOST:PORT" without a path.
bool is_etcd_endpoint(std::string_view text);

}  // namespace taskdriver::cluster
