// The pages in the binary: complete, unharmed by packing, and without a reference to outside.
#define BOOST_TEST_MODULE web_assets
#include <zlib.h>

#include <boost/test/unit_test.hpp>
#include <regex>
#include <string>

#include "web/assets.hpp"

using namespace taskdriver::web;

namespace {

std::string unzipped(std::string_view compressed, std::size_t bytes_max) {
  z_stream stream{};
  BOOST_REQUIRE(inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK);  // 16: a gzip header
  std::string out(bytes_max, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  BOOST_TEST(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_file_has_a_type_and_bytes) {
  BOOST_TEST(assets().size() > 0u);
  for (const asset& each : assets()) {
    BOOST_TEST_CONTEXT(each.path) {
      BOOST_TEST(!each.bytes.empty());
      BOOST_TEST(!each.content_type.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_does_not_exist_is_not_found) {
  BOOST_TEST(find_asset("../assets.cpp") == nullptr);
  BOOST_TEST(find_asset("") == nullptr);
}

BOOST_AUTO_TEST_CASE(the_compressed_form_is_given_only_to_those_who_take_it) {
  const asset* plain = find_asset("swagger-ui-bundle.js");
  const asset* compressed = find_asset("swagger-ui-bundle.js", true);
  BOOST_REQUIRE(plain != nullptr);
  BOOST_REQUIRE(compressed != nullptr);
  BOOST_TEST(!plain->gzip);
  BOOST_TEST(compressed->gzip);
  BOOST_TEST(compressed->bytes.size() < plain->bytes.size() / 2);
}

BOOST_AUTO_TEST_CASE(a_compressed_file_unpacks_to_the_plain_one) {
  for (const asset& each : assets()) {
    if (!each.gzip) continue;
    const asset* plain = find_asset(each.path);
    BOOST_REQUIRE(plain != nullptr);
    BOOST_TEST((unzipped(each.bytes, plain->bytes.size()) == plain->bytes));
  }
}

BOOST_AUTO_TEST_CASE(the_page_loads_nothing_but_files_that_are_embedded) {
  const asset* page = find_asset("docs.html");
  BOOST_REQUIRE(page != nullptr);
  const std::string text(page->bytes);
  const std::regex reference(R"re((src|href)="([^"]*)")re");
  int files = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), reference), end; at != end; ++at) {
    const std::string target = (*at)[2];
    if (target == "/api/openapi.json") continue;
    BOOST_TEST_CONTEXT(target) {
      BOOST_REQUIRE(target.starts_with("/api/docs/"));
      BOOST_TEST(find_asset(target.substr(10)) != nullptr);
    }
    ++files;
  }
  BOOST_TEST(files == 4);
}

BOOST_AUTO_TEST_CASE(the_page_has_no_inline_script_so_that_a_strict_policy_holds) {
  const std::string text(find_asset("docs.html")->bytes);
  const std::regex inline_script(R"re(<script>|<script [^>]*>[^<]| on[a-z]+=|<style|style=)re");
  BOOST_TEST(!std::regex_search(text, inline_script));
}
