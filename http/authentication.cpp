// Bearer tokens: the admin's and those of sessions.
#include "http/authentication.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "base/check.hpp"
#include "base/text.hpp"

namespace taskdriver::http {
namespace {

constexpr std::size_t token_bytes = 4 + session_secret_bytes;
constexpr std::size_t token_text_length = token_bytes * 4 / 3;  // 36 bytes have no padding

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The token behind "Bearer "; nullopt for another scheme.
std::optional<std::string_view> bearer_token(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer";
  if (authorization.size() <= scheme.size()) return std::nullopt;
  if (!std::equal(scheme.begin(), scheme.end(), authorization.begin(),
                  [](char s, char c) { return s == lower(c); }))
    return std::nullopt;
  authorization.remove_prefix(scheme.size());
  if (!is_blank(authorization.front())) return std::nullopt;
  while (!authorization.empty() && is_blank(authorization.front())) authorization.remove_prefix(1);
  while (!authorization.empty() && is_blank(authorization.back())) authorization.remove_suffix(1);
  return authorization;
}

}  // namespace

domain::token_hash hash_of(std::string_view secret) {
  // Fetched once for the process: EVP_sha256() would be looked up by name again for every hash.
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  // Made once for each thread: EVP_Digest() would make and destroy one for every hash.
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), EVP_MD_CTX_free);
  domain::token_hash hash{};
  unsigned int length = 0;
  const bool done = EVP_DigestInit_ex2(context.get(), sha256, nullptr) == 1 &&
                    EVP_DigestUpdate(context.get(), secret.data(), secret.size()) == 1 &&
                    EVP_DigestFinal_ex(context.get(), hash.data(), &length) == 1;
  TASKDRIVER_CHECK(done && length == hash.size(), "SHA-256 failed");
  return hash;
}

std::string make_session_token(project_number project, std::string_view secret) {
  TASKDRIVER_CHECK(secret.size() == session_secret_bytes, "a session's secret has 32 bytes");
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>(raw(project) >> shift & 0xff);
  return to_base64url(bytes.append(secret));
}

std::optional<actors::session_credentials> parse_session_token(std::string_view token) {
  if (token.size() != token_text_length) return std::nullopt;
  const auto bytes = from_base64url(token);
  if (!bytes || bytes->size() != token_bytes) return std::nullopt;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<std::uint8_t>((*bytes)[i]);
  return actors::session_credentials{project_number{number},
                                     hash_of(std::string_view(*bytes).substr(4))};
}

authenticator::authenticator(std::string_view admin_token)
    : admin_length_(admin_token.size()), admin_(hash_of(admin_token)) {}

bool authenticator::is_admin(std::string_view token) const {
  // Its length is no secret; asking it first spares sessions a second hash.
  if (admin_length_ == 0 || token.size() != admin_length_) return false;
  const auto hash = hash_of(token);
  return CRYPTO_memcmp(hash.data(), admin_.data(), hash.size()) == 0;
}

presented authenticator::identify(std::string_view authorization) const {
  if (authorization.empty()) return {actors::no_credentials{}};
  const auto token = bearer_token(authorization);
  if (!token) return {actors::no_credentials{}, true};
  if (is_admin(*token)) return {actors::admin_credentials{}};
  if (auto session = parse_session_token(*token)) return {*session};
  return {actors::no_credentials{}, true};
}

}  // namespace taskdriver::http
