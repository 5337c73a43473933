// What a call that may be refused returns: a value, or an error with a code for programs and a text
// for people.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.hpp"

namespace taskdriver {

/// One code per way a request can be refused. http/error_status.cpp gives each its HTTP status.
enum class errc {
  bad_request,      // not a JSON object, malformed URL
  validation,       // fields that break a rule; see error_info::fields
  unauthenticated,  // no token, or one that is not valid (any more)
  forbidden,        // a valid caller who may not do this
  not_found,
  method_not_allowed,
  name_taken,
  duplicate_task,  // under duplicateHandling "fail"
  lease_lost,      // not the holder (any more)
  wrong_state,     // e.g. changing a running task, using a closed project
  in_use,          // e.g. deleting a type that has tasks
  payload_too_large,
  rate_limited,
  unavailable,      // try again: starting, stopping, overloaded, disk full
  not_primary,      // this node does not serve the shard (any more): ask the one that does
  outcome_unknown,  // a write that may or may not have been done
  internal,
};

/// One wrong field of a request: "config.defaultMaxRetries", "tasks[3].typeId".
struct field_error {
  std::string field;
  std::string message;
  /// The offending value as JSON text (at most 200 bytes); empty when there is none.
  std::string value_json;

  bool operator==(const field_error&) const = default;
};

struct error_info {
  errc code = errc::internal;
  std::string text;
  std::vector<field_error> fields = {};
  /// Seconds after which a retry makes sense (429, 503); 0 = not said.
  int retry_after_s = 0;
};

/// Either a T or an error. Asking for the wrong one is a programmer error and aborts.
template <class T>
class [[nodiscard]] result {
public:
  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  result(error_info e) : state_(std::in_place_index<1>, std::move(e)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return checked(), *std::get_if<0>(&state_); }
  const T& value() const& { return checked(), *std::get_if<0>(&state_); }
  T&& value() && { return checked(), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const error_info& error() const {
    TASKDRIVER_CHECK(!ok(), "error() of a result that holds a value");
    return *std::get_if<1>(&state_);
  }

private:
  void checked() const { TASKDRIVER_CHECK(ok(), "value() of a result that holds an error"); }
  std::variant<T, error_info> state_;
};

/// A result without a value.
template <>
class [[nodiscard]] result<void> {
public:
  result() = default;
  result(error_info e) : error_(std::move(e)) {}

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const error_info& error() const {
    TASKDRIVER_CHECK(!ok(), "error() of a result that is ok");
    return *error_;
  }

private:
  std::optional<error_info> error_;
};

}  // namespace taskdriver
