// The request log: what gets a line, and that nobody can forge or leak one.
#include "http/request_log.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>

#include "base/log.hpp"

using namespace taskdriver;
using namespace taskdriver::http;

namespace {

/// Everything that `write` sends to stderr.
template <class Write>
std::string stderr_of(Write write) {
  std::fflush(stderr);
  std::FILE* file = std::tmpfile();
  const int saved = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  write();
  flush_log();
  std::fflush(stderr);
  dup2(saved, STDERR_FILENO);
  close(saved);
  std::rewind(file);
  std::string text(65536, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(request_log_lines)

BOOST_AUTO_TEST_CASE(modes_choose_by_status) {
  BOOST_TEST(request_log(request_log_mode::all).wants(200));
  BOOST_TEST(request_log(request_log_mode::errors).wants(404));
  BOOST_TEST(!request_log(request_log_mode::errors).wants(304));
  BOOST_TEST(!request_log(request_log_mode::none).wants(500));
}

BOOST_AUTO_TEST_CASE(modes_have_the_names_of_the_option) {
  BOOST_TEST((parse_request_log_mode("all") == request_log_mode::all));
  BOOST_TEST((parse_request_log_mode("errors") == request_log_mode::errors));
  BOOST_TEST((parse_request_log_mode("none") == request_log_mode::none));
  BOOST_TEST(!parse_request_log_mode("some").has_value());
}

BOOST_AUTO_TEST_CASE(a_line_tells_who_asked_for_what_and_how_it_went) {
  const auto text = stderr_of([] {
    request_log(request_log_mode::all)
        .write({"GET", "/api/tasks/1?token=secret", 200, 1234, "req-1", "192.0.2.1", "agent-1"});
  });
  BOOST_TEST(text.find("event=http_request method=GET path=/api/tasks/1 status=200 "
                       "duration_ms=1.234 correlationId=req-1 remote_ip=192.0.2.1 "
                       "agent=agent-1\n") != std::string::npos);
  BOOST_TEST(text.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(line_breaks_and_escape_codes_cannot_forge_a_line) {
  const auto text = stderr_of([] {
    request_log(request_log_mode::all)
        .write({"GET", "/a\r\nlevel=error\x1b[31m\x7f", 404, 1, "x\ny", "z\r", "w\n"});
  });
  BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 1);
  BOOST_TEST(text.find('\r') == std::string::npos);
  BOOST_TEST(text.find('\x1b') == std::string::npos);
  BOOST_TEST(text.find("/a%0D%0Alevel=error%1B") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_path_is_ascii_and_short) {
  BOOST_TEST(loggable_path("/\xc3\xa4#x") == "/%C3%A4");
  BOOST_TEST(loggable_path("/" + std::string(10'000, 'a')).size() < 300u);
}

BOOST_AUTO_TEST_SUITE_END()
