// Calls one handler with a hand-made request and looks at what it asks of the actors.
#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "http/handlers.hpp"

namespace taskdriver::http {

inline constexpr std::string_view project_id_text = "00000007-0000-8000-8000-0000000000aa";
inline constexpr std::string_view type_id_text = "00000007-0000-8000-8000-4000000000bb";
inline constexpr std::string_view task_id_text = "00000007-0000-8000-8000-8000000000cc";

struct call_parts {
  std::string_view parameter = {};
  std::string_view body = {};
  std::string_view query = {};
  actors::credentials from = actors::session_credentials{project_number{7}, {}};
};

inline result<api_work> run(route_handler handler, const call_parts& parts) {
  static const api_options options{.session_lifetime_ms = 1000};
  return handler({parts.parameter, parts.query, parts.body, parts.from, options});
}

/// The command that a handler has made; the test fails if it is another one or an error.
template <class Command>
Command command_of(const result<api_work>& work) {
  if (!work.ok()) {
    BOOST_FAIL("refused: " << work.error().text << " "
                           << (work.error().fields.empty() ? "" : work.error().fields[0].field));
  }
  const auto* command = std::get_if<domain::command>(&work.value().what);
  BOOST_REQUIRE(command);
  BOOST_REQUIRE(std::holds_alternative<Command>(*command));
  return std::get<Command>(*command);
}

template <class Destination>
Destination destination_of(const result<api_work>& work) {
  BOOST_REQUIRE(work.ok());
  BOOST_REQUIRE(std::holds_alternative<Destination>(work->to));
  return std::get<Destination>(work->to);
}

/// The wrong fields, in order; the test fails unless the request was refused for such.
inline std::vector<std::string> wrong_fields(const result<api_work>& work) {
  BOOST_REQUIRE(!work.ok());
  BOOST_REQUIRE((work.error().code == errc::validation));
  std::vector<std::string> names;
  for (const auto& field : work.error().fields) names.push_back(field.field);
  return names;
}

inline errc refusal(const result<api_work>& work) {
  BOOST_REQUIRE(!work.ok());
  return work.error().code;
}

using names = std::vector<std::string>;

}  // namespace taskdriver::http
