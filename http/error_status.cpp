// Statuses and texts of errors.
#include "http/error_status.hpp"

#include <algorithm>

namespace taskdriver::http {

int status_of(errc code) {
  switch (code) {
    case errc::bad_request:
      return 400;
    case errc::validation:
      return 422;
    case errc::unauthenticated:
      return 401;
    case errc::forbidden:
      return 403;
    case errc::not_found:
      return 404;
    case errc::method_not_allowed:
      return 405;
    case errc::name_taken:
    case errc::duplicate_task:
    case errc::lease_lost:
    case errc::wrong_state:
    case errc::in_use:
      return 409;
    case errc::payload_too_large:
      return 413;
    case errc::rate_limited:
      return 429;
    case errc::unavailable:
    case errc::not_primary:      // a request that reached no primary in time
    case errc::outcome_unknown:  // not a failure: the client asks again to find out
      return 503;
    case errc::internal:
      return 500;
  }
  return 500;
}

std::string_view name_of(errc code) {
  switch (code) {
    case errc::bad_request:
      return "bad_request";
    case errc::validation:
      return "validation";
    case errc::unauthenticated:
      return "unauthenticated";
    case errc::forbidden:
      return "forbidden";
    case errc::not_found:
      return "not_found";
    case errc::method_not_allowed:
      return "method_not_allowed";
    case errc::name_taken:
      return "name_taken";
    case errc::duplicate_task:
      return "duplicate_task";
    case errc::lease_lost:
      return "lease_lost";
    case errc::wrong_state:
      return "wrong_state";
    case errc::in_use:
      return "in_use";
    case errc::payload_too_large:
      return "payload_too_large";
    case errc::rate_limited:
      return "rate_limited";
    case errc::outcome_unknown:
      return "outcome_unknown";
    case errc::internal:
      return "internal";
    case errc::not_primary:  // which node serves what is none of a client's business
    case errc::unavailable:
      return "unavailable";
  }
  return "internal";
}

std::string_view name_of_status(int status) {
  switch (status) {
    case 413:
      return name_of(errc::payload_too_large);
    case 503:
      return name_of(errc::unavailable);
    case 500:
      return name_of(errc::internal);
    default:
      return name_of(errc::bad_request);
  }
}

int retry_after_s(const error_info& error) {
  const int status = status_of(error.code);
  return status == 429 || status == 503 ? std::max(1, error.retry_after_s) : 0;
}

std::string public_text(const error_info& error) {
  if (error.code == errc::internal) return "Internal server error";
  if (error.code == errc::validation && !error.fields.empty()) {
    const auto& first = error.fields.front();
    return "Validation failed: " + first.field + ": " + first.message;
  }
  return error.text;
}

error_info validation_error(std::vector<field_error> fields) {
  return {errc::validation, "Validation failed", std::move(fields)};
}

error_info not_found_error(std::string_view what) {
  return {errc::not_found, std::string(what) + " not found"};
}

}  // namespace taskdriver::http
