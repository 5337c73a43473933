// The OpenAPI document: the same routes as the router, and nothing in it leads nowhere.
#include "http/openapi.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <set>

using namespace taskdriver::http;
using nlohmann::json;

namespace {

const json& document() {
  static const json parsed = json::parse(openapi_document(routes()));
  return parsed;
}

/// "GET /api/tasks/{taskId}" of every route of the router.
std::set<std::string> routed() {
  std::set<std::string> all;
  for (const auto table : {routes(), page_routes()})
    for (const auto& row : table)
      all.insert(std::string(row.method) + ' ' + std::string(row.pattern));
  return all;
}

template <class Visit>
void each_node(const json& node, Visit visit) {
  visit(node);
  if (node.is_structured())
    for (const auto& child : node) each_node(child, visit);
}

template <class Visit>
void each_operation(Visit visit) {
  for (const auto& [path, item] : document()["paths"].items())
    for (const auto& [method, operation] : item.items()) visit(path, method, operation);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(openapi)

BOOST_AUTO_TEST_CASE(has_every_route_and_no_other) {
  std::set<std::string> described;
  each_operation([&](std::string path, std::string method, const json&) {
    for (char& c : method) c = static_cast<char>(std::toupper(c));
    described.insert(method + ' ' + path);
  });
  BOOST_TEST(described == routed(), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_reference_leads_somewhere) {
  int references = 0;
  each_node(document(), [&](const json& node) {
    if (!node.is_object() || !node.contains("$ref")) return;
    const auto target = node["$ref"].get<std::string>();
    BOOST_TEST(target.starts_with("#/"));
    BOOST_TEST(document().contains(json::json_pointer(target.substr(1))), target);
    ++references;
  });
  BOOST_TEST(references > 100);
}

BOOST_AUTO_TEST_CASE(every_component_is_used) {
  std::set<std::string> used;
  each_node(document(), [&](const json& node) {
    if (node.is_object() && node.contains("$ref")) used.insert(node["$ref"].get<std::string>());
  });
  for (const char* kind : {"schemas", "parameters", "headers"})
    for (const auto& [name, _] : document()["components"][kind].items())
      BOOST_TEST(used.contains("#/components/" + std::string(kind) + "/" + name), name);
}

BOOST_AUTO_TEST_CASE(operation_ids_are_there_and_unique) {
  std::set<std::string> ids;
  each_operation([&](std::string path, std::string method, const json& operation) {
    BOOST_TEST(ids.insert(operation.at("operationId").get<std::string>()).second,
               method << ' ' << path);
  });
}

BOOST_AUTO_TEST_CASE(path_parameters_are_those_of_the_path) {
  each_operation([&](std::string path, std::string method, const json& operation) {
    std::set<std::string> in_path;
    for (const auto& ref : operation.value("parameters", json::array())) {
      const auto& parameter =
          document()[json::json_pointer(ref["$ref"].get<std::string>().substr(1))];
      if (parameter["in"] == "path")
        in_path.insert("{" + parameter["name"].get<std::string>() + "}");
    }
    for (const auto& name : in_path)
      BOOST_TEST(path.find(name) != std::string::npos, method << ' ' << path);
    BOOST_TEST(static_cast<long>(in_path.size()) == std::count(path.begin(), path.end(), '{'),
               path);
  });
}

BOOST_AUTO_TEST_CASE(what_needs_a_token_says_so) {
  for (const auto& row : routes()) {
    std::string method(row.method);
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    const auto& operation = document()["paths"][std::string(row.pattern)][method];
    const bool needs_token = row.needs == access::session;
    const json bearer = json::parse(R"([{"bearer":[]}])");
    BOOST_TEST((operation.value("security", json()) == (needs_token ? bearer : json())),
               row.operation_id);
    BOOST_TEST(operation["responses"].contains("401") >= needs_token, row.operation_id);
    BOOST_TEST(operation["responses"].contains(row.creates ? "201" : "200"), row.operation_id);
    BOOST_TEST(operation["tags"].is_array(), row.operation_id);
  }
}

BOOST_AUTO_TEST_CASE(every_body_has_an_example) {
  each_operation([&](std::string path, std::string method, const json& operation) {
    if (!operation.contains("requestBody")) return;
    BOOST_TEST(operation["requestBody"]["content"]["application/json"].contains("example"),
               method << ' ' << path);
  });
}

BOOST_AUTO_TEST_CASE(is_version_3_1_with_lists_paginated) {
  BOOST_TEST(document()["openapi"] == "3.1.0");
  const auto& schema = document()["paths"]["/api/projects/{projectId}/tasks"]["get"]["responses"]
                                 ["200"]["content"]["application/json"]["schema"];
  BOOST_TEST(schema["properties"]["pagination"]["$ref"] == "#/components/schemas/Pagination");
  BOOST_TEST(schema["required"].size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
