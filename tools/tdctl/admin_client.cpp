// libcurl's easy interface, one handle for all requests so that connections are kept.
#include "tools/tdctl/admin_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace taskdriver::tdctl {
namespace {

using nlohmann::json;

constexpr long connect_ms_max = 3000;

std::size_t append_body(char* data, std::size_t, std::size_t bytes, void* body) {
  static_cast<std::string*>(body)->append(data, bytes);
  return bytes;
}

struct header_list {
  curl_slist* first = nullptr;
  ~header_list() { curl_slist_free_all(first); }
  void add(const std::string& line) { first = curl_slist_append(first, line.c_str()); }
};

errc code_of(int status) {
  switch (status) {
    case 401:
      return errc::unauthenticated;
    case 403:
      return errc::forbidden;
    case 404:
      return errc::not_found;
    case 409:
      return errc::in_use;
    case 422:
      return errc::validation;
    case 429:
      return errc::rate_limited;
    case 503:
      return errc::unavailable;
    default:
      return status < 500 ? errc::bad_request : errc::internal;
  }
}

std::string advice_for(int status) {
  if (status == 401)
    return ": give the admin token by TASKDRIVER_ADMIN_TOKEN or --token-file "
           "(<data-dir>/admin.token)";
  return "";
}

error_info error_of(const http_answer& answer) {
  const auto body = json::parse(answer.body, nullptr, false);
  if (!body.is_object() || !body.contains("error") || !body["error"].is_string())
    return {code_of(answer.status), answer.url + " answered with status " +
                                        std::to_string(answer.status) + advice_for(answer.status)};
  error_info error{code_of(answer.status),
                   body["error"].get<std::string>() + advice_for(answer.status)};
  for (const auto& detail : body.value("validationDetails", json::array()))
    if (detail.is_object())
      error.fields.push_back({detail.value("field", ""), detail.value("message", ""), ""});
  return error;
}

}  // namespace

struct admin_client::connection {
  CURL* curl = curl_easy_init();
  std::vector<std::string> urls;
  std::string token;
  std::string ca_file;
  long timeout_ms = 10'000;

  ~connection() { curl_easy_cleanup(curl); }

  void prepare(std::string_view method, const std::string& url, const std::string& body,
               std::string& answer, char* why);
  result<http_answer> ask(std::string_view method, const std::string& base, const std::string& path,
                          const std::string& body, bool& connected);
};

void admin_client::connection::prepare(std::string_view method, const std::string& url,
                                       const std::string& body, std::string& answer, char* why) {
  curl_easy_reset(curl);  // connections stay
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // nodes are reached directly
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, std::min(connect_ms_max, timeout_ms));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "tdctl");
  if (!ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file.c_str());
  if (method == "GET") return;
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, std::string(method).c_str());
  if (method == "DELETE") return;
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body.c_str());
}

result<http_answer> admin_client::connection::ask(std::string_view method, const std::string& base,
                                                  const std::string& path, const std::string& body,
                                                  bool& connected) {
  http_answer answer{.url = base};
  char why[CURL_ERROR_SIZE] = "";
  prepare(method, base + path, body, answer.body, why);
  header_list headers;
  if (!token.empty()) headers.add("Authorization: Bearer " + token);
  if (!body.empty()) headers.add("Content-Type: application/json");
  headers.add("Expect:");  // no round trip before the body
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.first);
  const CURLcode outcome = curl_easy_perform(curl);
  curl_off_t sent = 0;
  curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &sent);
  connected = sent > 0;
  if (outcome != CURLE_OK)
    return error_info{connected ? errc::outcome_unknown : errc::unavailable,
                      base + ": " + (*why ? why : curl_easy_strerror(outcome))};
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

admin_client::admin_client(std::unique_ptr<connection> c) : connection_(std::move(c)) {}
admin_client::admin_client(admin_client&&) noexcept = default;
admin_client::~admin_client() = default;

result<admin_client> admin_client::make(const server_access& access) {
  auto made = std::make_unique<connection>();
  made->urls = split_urls(access.urls);
  if (made->urls.empty()) return error_info{errc::validation, "--url names no address"};
  for (auto& url : made->urls)
    if (url.find("://") == std::string::npos) url.insert(0, "http://");
  auto token = find_token(access.token_file);
  if (!token) return token.error();
  made->token = std::move(*token);
  made->ca_file = access.ca_file;
  made->timeout_ms = static_cast<long>(access.timeout_s * 1000);
  return admin_client(std::move(made));
}

result<http_answer> admin_client::ask(std::string_view method, const std::string& path,
                                      const std::string& body, elsewhere when_silent) {
  error_info last;
  std::string all;
  std::optional<http_answer> busy;
  for (std::size_t i = 0; i < connection_->urls.size(); ++i) {
    bool connected = false;
    auto answer = connection_->ask(method, connection_->urls[i], path, body, connected);
    if (answer && (answer->status != 503 || when_silent == elsewhere::never)) return answer;
    if (answer) {  // others may not have its problem
      busy = std::move(*answer);
      continue;
    }
    last = answer.error();
    all += (all.empty() ? "" : "; ") + last.text;
    if (connected && when_silent == elsewhere::never) break;
  }
  if (busy) return std::move(*busy);
  last.text = "no answer: " + all;
  return last;
}

result<http_answer> admin_client::ask_at(const std::string& url, const std::string& path) {
  bool connected = false;
  return connection_->ask("GET", url, path, {}, connected);
}

result<json> admin_client::get_page(const std::string& path) {
  auto answer = ask("GET", path);
  if (!answer) return answer.error();
  if (answer->status < 200 || answer->status >= 300) return error_of(*answer);
  auto body = json::parse(answer->body, nullptr, false);
  if (!body.is_object() || !body.contains("data"))
    return error_info{errc::internal, answer->url + " answers, but not as TaskDriver does"};
  return body;
}

result<json> admin_client::get(const std::string& path) {
  auto page = get_page(path);
  if (!page) return page.error();
  return std::move((*page)["data"]);
}

result<json> admin_client::change(std::string_view method, const std::string& path,
                                  const json& body, elsewhere when_silent) {
  auto answer = ask(method, path, body.is_null() ? "" : body.dump(), when_silent);
  if (!answer) return answer.error();
  if (answer->status < 200 || answer->status >= 300) return error_of(*answer);
  auto told = json::parse(answer->body, nullptr, false);
  if (!told.is_object() || !told.contains("data"))
    return error_info{errc::internal, answer->url + " answers, but not as TaskDriver does"};
  return std::move(told["data"]);
}

const std::vector<std::string>& admin_client::urls() const {
  return connection_->urls;
}

std::string url_escaped(std::string_view text) {
  constexpr std::string_view kept =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (kept.find(c) != std::string_view::npos)
      out += c;
    else
      out.append({'%', digits[byte >> 4U], digits[byte & 15U]});
  }
  return out;
}

}  // namespace taskdriver::tdctl
