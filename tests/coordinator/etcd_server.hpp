// A real etcd with a directory and ports of its own, ended with the test.
#pragma once

#include <memory>
#include <string>

#include "cluster/coordinator/managed_etcd.hpp"
#include "tests/support/temporary_directory.hpp"

namespace taskdriver::testing {

/// PORT such that PORT-1 and PORT were free a moment ago on loopback.
std::uint16_t free_port_pair();
std::uint16_t free_port();

/// One member that is a cluster by itself.
class etcd_server {
public:
  etcd_server();

  /// "http://127.0.0.1:PORT"
  std::string endpoint() const;
  std::uint16_t port() const { return static_cast<std::uint16_t>(options_.peers[0].port - 1); }
  void start();
  void stop() { member_.reset(); }
  /// All changes before now are forgotten.
  void compact();
  /// Answer to a request of etcd's gateway, for what the coordinator never asks.
  std::string ask(const std::string& path, const std::string& body) const;
  pid_t pid() const { return member_->pid(); }

private:
  temporary_directory directory_;
  cluster::managed_etcd_options options_;
  std::unique_ptr<cluster::managed_etcd> member_;
};

}  // namespace taskdriver::testing
