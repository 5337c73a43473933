// Measures frames between two nodes on loopback: peer_bench [SECONDS] [FRAME_BYTES] [TLS_FOLDER]
// TLS_FOLDER has ca.pem, node.pem and node.key. Not a test.
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "cluster/transport/caf_peer_network.hpp"

namespace {

using namespace taskdriver::cluster;
using clock_type = std::chrono::steady_clock;

class counting_observer final : public peer_observer {
public:
  void connected(const peer_identity&) override { up = true; }
  void disconnected(const peer_identity&) override { up = false; }
  void received(const peer_identity& from, peer_lane lane, std::string frame) override {
    ++frames;
    if (answers) (void)!answers->send(from.node, lane, std::move(frame)).ok();
  }
  std::atomic<bool> up = false;
  std::atomic<std::uint64_t> frames = 0;
  peer_network* answers = nullptr;
};

double cpu_us() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto us = [](const timeval& t) { return t.tv_sec * 1e6 + static_cast<double>(t.tv_usec); };
  return us(used.ru_utime) + us(used.ru_stime);
}

void report(const char* what, double frames, double seconds, double cpu) {
  std::printf("%-28s %10.0f frames/s  %6.2f us CPU per frame (both ends)\n", what, frames / seconds,
              cpu / frames);
}

/// As fast as the window lets.
void stream(peer_network& from, counting_observer& to, double seconds, const std::string& frame) {
  const auto began = clock_type::now();
  const auto end = began + std::chrono::duration<double>(seconds);
  const double cpu = cpu_us();
  const std::uint64_t first = to.frames;
  std::uint64_t sent = 0;
  while (clock_type::now() < end) {
    if (from.send("b", peer_lane::main, frame).ok())
      ++sent;
    else
      std::this_thread::yield();
  }
  while (to.frames - first < sent) std::this_thread::yield();
  const std::chrono::duration<double> took = clock_type::now() - began;
  report("one way, window full", static_cast<double>(to.frames - first), took.count(),
         cpu_us() - cpu);
}

/// `depth` frames under way; the other end sends each back.
void echo(peer_network& from, counting_observer& back, int depth, double seconds,
          const std::string& frame) {
  const std::uint64_t first = back.frames;
  std::uint64_t sent = 0;
  const auto began = clock_type::now();
  const double cpu = cpu_us();
  const auto end = began + std::chrono::duration<double>(seconds);
  while (clock_type::now() < end) {
    if (sent - (back.frames - first) < static_cast<std::uint64_t>(depth))
      sent += from.send("b", peer_lane::main, frame).ok() ? 1 : 0;
    else
      std::this_thread::yield();
  }
  while (back.frames - first < sent) std::this_thread::yield();
  const std::chrono::duration<double> took = clock_type::now() - began;
  const auto name = "there and back, depth " + std::to_string(depth);
  report(name.c_str(), static_cast<double>(back.frames - first), took.count(), cpu_us() - cpu);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 2;
  const std::string frame(argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1024, '\1');
  peer_network_options options;
  if (argc > 3) {
    const std::string folder(argv[3]);
    options.tls = tls_files{folder + "/ca.pem", folder + "/node.pem", folder + "/node.key"};
  }
  counting_observer told_a, told_b;
  auto a = caf_peer_network::start({"bench", "a", 1, 1}, options, told_a);
  auto b = caf_peer_network::start({"bench", "b", 2, 1}, options, told_b);
  if (!a.ok() || !b.ok()) return std::puts("cannot start"), 1;
  (*a)->set_peers({{"b", "127.0.0.1", (*b)->port()}});
  (*b)->set_peers({{"a", "127.0.0.1", (*a)->port()}});
  while (!told_a.up || !told_b.up) std::this_thread::yield();
  stream(**a, told_b, seconds, frame);
  told_b.answers = b->get();
  for (const int depth : {1, 16, 256}) echo(**a, told_a, depth, seconds, frame);
  return 0;
}
