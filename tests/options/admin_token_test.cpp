// The admin token's file: made once, with mode 0600, whole or not at all.
#include "tools/taskdriverd/admin_token.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "tests/options/given.hpp"

namespace taskdriver::server {
namespace {

struct data_directory {
  scratch_folder folder;

  result<admin_token> load() const { return load_admin_token(std::nullopt, folder.path()); }
  unsigned mode() const {
    struct stat status {};
    BOOST_TEST(::stat((folder.path() / "admin.token").c_str(), &status) == 0);
    return status.st_mode & 07777u;
  }
  std::size_t files() const {
    const std::filesystem::directory_iterator all(folder.path());
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
};

BOOST_FIXTURE_TEST_SUITE(admin_token_file, data_directory)

BOOST_AUTO_TEST_CASE(is_made_for_the_owner_only_whatever_the_umask) {
  const auto old_mask = ::umask(0277);
  const auto made = load();
  ::umask(old_mask);
  BOOST_TEST_REQUIRE(made.ok());
  BOOST_TEST((made->from == admin_token::source::made));
  BOOST_TEST(made->token.size() == 43u);  // 32 bytes as base64url
  BOOST_TEST(mode() == 0600u);
  BOOST_TEST(folder.read("admin.token") == made->token + "\n");
  BOOST_TEST(files() == 1u);  // no temporary file is left
}

BOOST_AUTO_TEST_CASE(is_read_at_the_next_start) {
  const auto first = load();
  const auto second = load();
  BOOST_TEST_REQUIRE(second.ok());
  BOOST_TEST(second->token == first->token);
  BOOST_TEST((second->from == admin_token::source::file));
  BOOST_TEST(second->warning == "");
}

BOOST_AUTO_TEST_CASE(of_another_directory_holds_another_token) {
  data_directory other;
  BOOST_TEST(load()->token != other.load()->token);
}

BOOST_AUTO_TEST_CASE(is_not_made_when_the_environment_gives_a_token) {
  const auto given = load_admin_token("0123456789abcdef", folder.path());
  BOOST_TEST(given->token == "0123456789abcdef");
  BOOST_TEST((given->from == admin_token::source::environment));
  BOOST_TEST(files() == 0u);
}

BOOST_AUTO_TEST_CASE(a_half_written_temporary_file_of_a_crash_is_replaced) {
  folder.write("admin.token.tmp", "abc");
  const auto made = load();
  BOOST_TEST_REQUIRE(made.ok());
  BOOST_TEST(made->token.size() == 43u);
  BOOST_TEST(files() == 1u);
}

BOOST_AUTO_TEST_CASE(a_temporary_name_that_is_a_link_leaves_its_target_alone) {
  scratch_folder elsewhere;
  const auto target = elsewhere.write("precious", "content");
  std::filesystem::create_symlink(target, folder.path() / "admin.token.tmp");
  BOOST_TEST(load().ok());
  BOOST_TEST(elsewhere.read("precious") == "content");
}

BOOST_AUTO_TEST_CASE(open_to_others_is_a_warning) {
  const auto made = load();
  std::filesystem::permissions(folder.path() / "admin.token", std::filesystem::perms(0640));
  const auto read = load();
  BOOST_TEST_REQUIRE(read.ok());
  BOOST_TEST(read->token == made->token);
  BOOST_TEST(read->warning.find("open to other users") != std::string::npos);
  BOOST_TEST(read->warning.find(made->token) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_usable_token_is_an_error_and_stays_as_it_is) {
  for (const auto& content : {std::string(), std::string("\n"), std::string("short"),
                              std::string("two words that are long"), std::string(3000, 'x'),
                              std::string("0123456789abcdef\n\n"), std::string(32, '\0')}) {
    folder.write("admin.token", content);
    const auto refused = load();
    BOOST_TEST_REQUIRE(!refused.ok());
    BOOST_TEST(refused.error().text.find("holds no usable admin token") != std::string::npos);
    BOOST_TEST(folder.read("admin.token") == content);
  }
}

BOOST_AUTO_TEST_CASE(written_by_a_person_may_end_its_line_as_windows_does) {
  folder.write("admin.token", "0123456789abcdef\r\n");
  BOOST_TEST(load()->token == "0123456789abcdef");
}

BOOST_AUTO_TEST_CASE(in_a_directory_that_is_not_there_is_an_error) {
  const auto refused = load_admin_token(std::nullopt, folder.path() / "absent");
  BOOST_TEST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().text.find("No such file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(that_is_a_directory_is_an_error) {
  std::filesystem::create_directory(folder.path() / "admin.token");
  BOOST_TEST(!load().ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::server
