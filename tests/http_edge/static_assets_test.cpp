// The pages under /api/docs: which file, which form of it, and its headers.
#include "http/static_assets.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/http_edge/collected_headers.hpp"

using namespace taskdriver::http;

BOOST_AUTO_TEST_SUITE(docs_pages)

BOOST_AUTO_TEST_CASE(the_page_is_at_docs_with_and_without_a_slash) {
  for (const char* path : {"/api/docs", "/api/docs/", "/api/docs/docs.html"}) {
    const auto answer = find_docs_asset({.path = path});
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.content_type == "text/html; charset=utf-8");
    BOOST_TEST(answer.body.find("swagger-ui") != std::string_view::npos);
    BOOST_TEST(answer.page);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_404) {
  for (const char* path : {"/api/docs/../x", "/api/docs/nothing.js", "/api/docsx", "/api", ""})
    BOOST_TEST(find_docs_asset({.path = path}).status == 404);
  BOOST_TEST(is_docs_path("/api/docs/nothing.js"));
  BOOST_TEST(!is_docs_path("/api/docsx"));
}

BOOST_AUTO_TEST_CASE(the_compressed_form_goes_only_to_who_accepts_it) {
  const auto compressed = [](std::string_view accepts) {
    return find_docs_asset({"/api/docs/swagger-ui.css", accepts, ""}).compressed;
  };
  BOOST_TEST(compressed("gzip"));
  BOOST_TEST(compressed("br, gzip;q=0.5"));
  BOOST_TEST(compressed("*"));
  BOOST_TEST(!compressed(""));
  BOOST_TEST(!compressed("br"));
  BOOST_TEST(!compressed("gzip;q=0"));
  BOOST_TEST(!compressed("gzip;q=0.0, br"));
}

BOOST_AUTO_TEST_CASE(a_known_tag_is_answered_with_304) {
  const auto first = find_docs_asset({"/api/docs/docs.js", "", ""});
  const auto list = "\"other\", W/" + first.etag;
  const auto second = find_docs_asset({"/api/docs/docs.js", "", list});
  BOOST_TEST(second.status == 304);
  BOOST_TEST(second.body.empty());
  BOOST_TEST(second.etag == first.etag);
  BOOST_TEST(find_docs_asset({"/api/docs/docs.js", "", "\"other\""}).status == 200);
}

BOOST_AUTO_TEST_CASE(both_forms_of_a_file_have_tags_of_their_own) {
  BOOST_TEST(find_docs_asset({"/api/docs/swagger-ui.css", "gzip", ""}).etag !=
             find_docs_asset({"/api/docs/swagger-ui.css", "", ""}).etag);
}

BOOST_AUTO_TEST_CASE(headers_say_how_to_keep_and_what_may_run) {
  collected_headers page, script;
  add_asset_headers(find_docs_asset({.path = "/api/docs"}), page);
  add_asset_headers(find_docs_asset({"/api/docs/swagger-ui-bundle.js", "gzip", ""}), script);
  BOOST_TEST(page["Content-Security-Policy"].find("script-src 'self';") != std::string::npos);
  BOOST_TEST(page["Cache-Control"] == "no-cache");
  BOOST_TEST(script["Content-Encoding"] == "gzip");
  BOOST_TEST(script["Vary"] == "Accept-Encoding");
  BOOST_TEST(script["Content-Type"] == "text/javascript; charset=utf-8");
}

BOOST_AUTO_TEST_SUITE_END()
