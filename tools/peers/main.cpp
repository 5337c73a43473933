// peer_cycle PEER PORT WORKERS SECONDS: cycles in a closed loop; prints how many per second.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tools/peers/peer.hpp"
#include "tools/peers/socket.hpp"

namespace {

using namespace taskdriver::peers;

std::unique_ptr<peer> connect(const std::string& name, const peer_address& at, int worker) {
  if (name == "beanstalkd") return connect_beanstalkd(at, worker);
  if (name == "nats") return connect_nats(at, worker);
  if (name == "rabbitmq") return connect_rabbitmq(at, worker);
  give_up("unknown peer " + name);
}

double seconds_since(std::chrono::steady_clock::time_point begun) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) give_up("usage: peer_cycle beanstalkd|nats|rabbitmq PORT WORKERS SECONDS");
  const std::string name = argv[1];
  const peer_address at{"127.0.0.1", argv[2]};
  const int workers = std::atoi(argv[3]);
  const std::chrono::duration<double> measured(std::atof(argv[4]));
  if (name == "nats") prepare_nats(at);
  if (name == "rabbitmq") prepare_rabbitmq(at);
  std::vector<std::unique_ptr<peer>> peers;
  for (int i = 0; i < workers; ++i) peers.push_back(connect(name, at, i));
  std::atomic<std::uint64_t> cycles = 0;
  std::vector<std::thread> threads;
  for (auto& one : peers)
    threads.emplace_back([&] {
      for (;;) one->cycle(), ++cycles;
    });
  std::this_thread::sleep_for(std::chrono::seconds(2));  // warm-up
  const auto begun = std::chrono::steady_clock::now();
  const auto before = cycles.load();
  std::this_thread::sleep_for(measured);
  std::printf("%.1f\n", static_cast<double>(cycles - before) / seconds_since(begun));
  std::fflush(stdout);
  std::_Exit(0);  // the workers are in the middle of a cycle each
}
