// Puts the route table and the two JSON files together as one OpenAPI document.
#include "http/openapi.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "base/check.hpp"

// The two files, packed into the binary by `ld -b binary` (edge.cmake).
extern "C" const char _binary_openapi_schemas_json_start[];
extern "C" const char _binary_openapi_schemas_json_end[];
extern "C" const char _binary_openapi_operations_json_start[];
extern "C" const char _binary_openapi_operations_json_end[];

namespace taskdriver::http {
namespace {

using json = nlohmann::ordered_json;

std::string ref_to(std::string_view kind, std::string_view name) {
  return "#/components/" + std::string(kind) + "/" + std::string(name);
}

json json_content(json schema) {
  return {{"application/json", {{"schema", std::move(schema)}}}};
}

json error_response(std::string_view description, bool retry_later) {
  json response = {
      {"description", description},
      {"headers", {{"X-Correlation-ID", {{"$ref", ref_to("headers", "X-Correlation-ID")}}}}},
      {"content", json_content({{"$ref", ref_to("schemas", "Error")}})}};
  if (retry_later)
    response["headers"]["Retry-After"] = {{"$ref", ref_to("headers", "Retry-After")}};
  return response;
}

/// The documented headers of every successful /api answer.
json success_headers() {
  json headers;
  for (const char* name :
       {"X-Correlation-ID", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"})
    headers[name] = {{"$ref", ref_to("headers", name)}};
  return headers;
}

/// Writes the operation of one route. `details` is its entry in openapi_operations.json.
class operation_writer {
public:
  operation_writer(const route& row, const json& details, const json& components)
      : row_(row), details_(details), components_(components) {}

  json write() const {
    json operation = {
        {"operationId", row_.operation_id}, {"tags", {row_.tag}}, {"summary", row_.summary}};
    if (details_.contains("description")) operation["description"] = details_["description"];
    if (auto list = parameters(); !list.empty()) operation["parameters"] = std::move(list);
    if (has_body()) operation["requestBody"] = request_body();
    operation["responses"] = responses();
    if (row_.needs == access::session) operation["security"] = {{{"bearer", json::array()}}};
    return operation;
  }

private:
  bool has_body() const { return !row_.request_schema.empty(); }
  bool has_query() const { return details_.contains("parameters"); }
  bool has_path_parameter() const { return row_.pattern.find('{') != std::string_view::npos; }

  /// A reference that is sure to lead somewhere.
  json reference(std::string_view kind, std::string_view name) const {
    TASKDRIVER_CHECK(components_.at(std::string(kind)).contains(std::string(name)),
                     "a route names something that openapi_schemas.json lacks");
    return {{"$ref", ref_to(kind, name)}};
  }

  json parameters() const {
    json list = json::array();
    if (const auto open = row_.pattern.find('{'); open != std::string_view::npos) {
      const auto close = row_.pattern.find('}', open);
      list.push_back(reference("parameters", row_.pattern.substr(open + 1, close - open - 1)));
    }
    if (has_query())
      for (const auto& name : details_["parameters"])
        list.push_back(reference("parameters", name.get<std::string>()));
    return list;
  }

  json request_body() const {
    json body = {{"required", !details_.value("body_optional", false)},
                 {"content", json_content(reference("schemas", row_.request_schema))}};
    if (details_.contains("request_example"))
      body["content"]["application/json"]["example"] = details_["request_example"];
    return body;
  }

  json success_schema() const {
    json schema = {{"type", "object"}, {"required", {"success", "data"}}};
    schema["properties"]["success"] = {{"const", true}};
    schema["properties"]["data"] = reference("schemas", row_.response_schema);
    if (details_.value("paginated", false)) {
      schema["properties"]["pagination"] = reference("schemas", "Pagination");
      schema["required"].push_back("pagination");
    }
    if (!details_.contains("or_schema")) return schema;
    return {
        {"oneOf", json::array({std::move(schema),
                               reference("schemas", details_["or_schema"].get<std::string>())})}};
  }

  json success(std::string_view description) const {
    return {{"description", description},
            {"headers", success_headers()},
            {"content", json_content(success_schema())}};
  }

  json responses() const {
    json all;
    if (details_.contains("also_200"))
      all["200"] = success(details_["also_200"].get<std::string>());
    all[row_.creates ? "201" : "200"] = success(row_.creates ? "Created" : "Done");
    add_errors(all);
    return all;
  }

  /// What follows from the kind of route, and in the file's words what is its own.
  void add_errors(json& all) const {
    all["400"] = error_response("Malformed URL, or a body that is not a JSON object", false);
    if (row_.needs == access::session) {
      all["401"] = error_response("No token, or one that is not valid (any more)", false);
      all["403"] = error_response("The session may not do this", false);
    }
    if (has_path_parameter()) all["404"] = error_response("No such thing", false);
    if (has_body()) all["413"] = error_response("The body is larger than 16 MiB", false);
    if (has_body() || has_query())
      all["422"] = error_response("Wrong fields; validationDetails names every one", false);
    all["429"] = error_response("The budget of requests is used up", true);
    all["500"] = error_response("A defect of the server", false);
    all["503"] = error_response("Try again later; a write may or may not have been done", true);
    if (!details_.contains("errors")) return;
    for (const auto& [status, description] : details_["errors"].items())
      all[status] = error_response(description.get<std::string>(), false);
  }

  const route& row_;
  const json& details_;
  const json& components_;
};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

}  // namespace

std::string openapi_document(std::span<const route> table) {
  auto document = json::parse(_binary_openapi_schemas_json_start, _binary_openapi_schemas_json_end);
  const auto files =
      json::parse(_binary_openapi_operations_json_start, _binary_openapi_operations_json_end);
  const auto& operations = files.at("operations");
  document["info"]["version"] = TASKDRIVER_VERSION;
  auto& paths = document["paths"];
  for (const auto& row : table) {
    const auto key = std::string(row.method) + ' ' + std::string(row.pattern);
    TASKDRIVER_CHECK(operations.contains(key), "a route that openapi_operations.json lacks");
    paths[std::string(row.pattern)][lower_case(row.method)] =
        operation_writer(row, operations[key], document["components"]).write();
  }
  for (const auto& [path, item] : files.at("pages").items()) paths[path] = item;
  return document.dump();
}

}  // namespace taskdriver::http
