// A loop with a deadline on the steady clock.
#include "tools/tdctl/waiting.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>

#include "tools/tdctl/text_table.hpp"

namespace taskdriver::tdctl {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds between_looks{500};

/// What a later answer may cure.
bool may_pass(errc code) {
  return code == errc::unavailable || code == errc::outcome_unknown || code == errc::rate_limited;
}

}  // namespace

void wait_options::add_options(CLI::App& to, const char* until) {
  to.add_flag("--wait", wait, until);
  to.add_option("--wait-seconds", seconds, "give up waiting after so long, with exit code 1")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 86400.0));
}

int wait_until(admin_client& server, const std::string& path, const progress& left, double seconds,
               const console& to) {
  const auto deadline =
      steady_clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  std::string shown;
  for (;;) {
    const auto data = server.get(path);
    if (!data && !may_pass(data.error().code)) return failed(to, data.error());
    const auto missing = data ? left(*data) : std::optional(data.error().text);
    if (!missing) return exit_ok;
    if (*missing != shown) to.out << printable(*missing) << std::endl;
    shown = *missing;
    if (steady_clock::now() + between_looks > deadline)
      return failed(to, {errc::unavailable, "not done after " + decimal(seconds, 0) +
                                                " s; it goes on without this command"});
    std::this_thread::sleep_for(between_looks);
  }
}

}  // namespace taskdriver::tdctl
