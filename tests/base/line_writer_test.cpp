// Lines reach a pipe whole and in order, and nobody waits for who reads it.
#include "base/line_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <map>
#include <sstream>
#include <vector>

#include "tests/support/temporary_directory.hpp"

namespace taskdriver {
namespace {

struct pipe_to_read {
  explicit pipe_to_read(int flags = 0) { BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC | flags) == 0); }
  ~pipe_to_read() {
    close_reader();
    close_writer();
  }
  void close_reader() { close_end(0); }
  void close_writer() { close_end(1); }

  /// All that comes until the other end is closed.
  std::string read_all() {
    std::string text;
    char piece[4096];
    for (ssize_t n; (n = ::read(ends[0], piece, sizeof piece)) > 0;)
      text.append(piece, static_cast<std::size_t>(n));
    return text;
  }

  int ends[2] = {-1, -1};

private:
  void close_end(int which) {
    if (ends[which] >= 0) ::close(ends[which]);
    ends[which] = -1;
  }
};

std::string gap(std::uint64_t lost) {
  return "lost " + std::to_string(lost);
}

std::vector<std::string> lines_of(const std::string& text) {
  BOOST_TEST((text.empty() || text.back() == '\n'));
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

BOOST_AUTO_TEST_SUITE(line_writers)

BOOST_AUTO_TEST_CASE(lines_of_many_threads_come_whole_and_each_thread_s_in_order) {
  pipe_to_read pipe;
  constexpr int each = 2000;
  std::string text;
  std::thread reader([&] { text = pipe.read_all(); });
  {
    line_writer writer(pipe.ends[1], gap);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < each; ++i)
          writer.add(std::to_string(t) + " " + std::to_string(i) + " " + std::string(80, 'x'),
                     i % 100 == 0);
      });
    for (auto& thread : threads) thread.join();
  }
  pipe.close_writer();
  reader.join();
  std::map<int, int> next;
  for (const auto& line : lines_of(text)) {
    int thread = -1;
    int number = -1;
    std::istringstream(line) >> thread >> number;
    BOOST_REQUIRE(number == next[thread]++);
    BOOST_REQUIRE(line.ends_with(std::string(80, 'x')));
  }
  for (int t = 0; t < 4; ++t) BOOST_TEST(next[t] == each);
}

BOOST_AUTO_TEST_CASE(each_write_to_a_pipe_is_of_whole_lines) {
  pipe_to_read pipe(O_DIRECT);  // a read gets what one write wrote
  constexpr int wanted = 2000;
  int lines = 0;
  int cut = 0;
  std::thread reader([&] {
    char piece[4096];
    for (ssize_t n; (n = ::read(pipe.ends[0], piece, sizeof piece)) > 0;) {
      cut += piece[n - 1] != '\n';
      lines += static_cast<int>(std::count(piece, piece + n, '\n'));
    }
  });
  {
    line_writer writer(pipe.ends[1], gap);
    for (int i = 0; i < wanted; ++i) writer.add(std::string(i % 300, 'x'), false);
  }
  pipe.close_writer();
  reader.join();
  BOOST_TEST(lines == wanted);
  BOOST_TEST(cut == 0);
}

BOOST_AUTO_TEST_CASE(who_does_not_read_stops_nobody_and_is_told_what_was_lost) {
  pipe_to_read pipe;
  constexpr int wanted = 12000;
  std::string text;
  std::thread reader;
  {
    line_writer writer(pipe.ends[1], gap);
    const std::string rest(1000, 'x');
    for (int i = 0; i < wanted; ++i) writer.add(std::to_string(i) + " " + rest, false);
    writer.add("urgent", true);
    reader = std::thread([&] { text = pipe.read_all(); });
    writer.flush();
    writer.add("after", false);
  }
  pipe.close_writer();
  reader.join();
  const auto lines = lines_of(text);
  std::uint64_t lost = 0;
  int kept = 0;
  bool urgent = false;
  for (const auto& line : lines) {
    if (line == "urgent")
      urgent = true;
    else if (line.starts_with("lost "))
      lost += std::stoull(line.substr(5));
    else if (line != "after")
      ++kept;
  }
  BOOST_TEST(urgent);
  BOOST_TEST(lines.back() == "after");
  BOOST_TEST(lost > 0u);
  BOOST_TEST(kept > 3000);
  BOOST_TEST(static_cast<std::uint64_t>(kept) + lost == static_cast<std::uint64_t>(wanted));
}

BOOST_AUTO_TEST_CASE(a_reader_that_went_away_stops_nobody) {
  std::signal(SIGPIPE, SIG_IGN);
  pipe_to_read pipe;
  pipe.close_reader();
  line_writer writer(pipe.ends[1], gap);
  for (int i = 0; i < 10000; ++i) writer.add(std::string(1000, 'x'), false);
  writer.flush();
}

BOOST_AUTO_TEST_CASE(lines_that_could_not_be_written_are_counted_too) {
  pipe_to_read pipe;
  const int descriptor = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  BOOST_REQUIRE(descriptor >= 0);
  {
    line_writer writer(descriptor, gap);
    writer.add("one", false);
    writer.add("two", false);
    writer.flush();
    writer.add("three", false);
    writer.flush();
    BOOST_REQUIRE(::dup2(pipe.ends[1], descriptor) == descriptor);
    writer.add("four", false);
  }
  ::close(descriptor);
  pipe.close_writer();
  BOOST_TEST(pipe.read_all() == "four\nlost 3\n");
}

BOOST_AUTO_TEST_CASE(what_was_flushed_is_in_the_file) {
  const testing::temporary_directory home;
  const auto name = home.path() + "/log";
  const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  BOOST_REQUIRE(file >= 0);
  {
    line_writer writer(file, gap);
    writer.add("one", false);
    writer.add("two", false);
    writer.flush();
    char text[16] = {};
    BOOST_TEST(::pread(file, text, sizeof text, 0) == 8);
    BOOST_TEST(std::string(text) == "one\ntwo\n");
  }
  ::close(file);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver
