// The stand-in server as a process, to measure what the load generator itself costs.
#include <csignal>
#include <iostream>

#include "tests/tdbench/mock_server.hpp"

int main() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  taskdriver::bench::mock_server server;
  std::cout << server.url() << std::endl;
  int got = 0;
  sigwait(&ending, &got);
}
