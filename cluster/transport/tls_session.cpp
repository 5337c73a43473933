// OpenSSL with memory BIOs; the only file of cluster/ that knows OpenSSL.
#include "cluster/transport/tls_session.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/check.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::string_view node_suffix = ".node.taskdriver";

/// What the system said comes first in OpenSSL's queue, and its own "system lib" last.
std::string why_it_failed() {
  const unsigned long first = ERR_peek_error();
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(first)) return std::generic_category().message(ERR_GET_REASON(first));
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason ? reason : "no reason given";
}

error_info bad_file(const std::string& file, const std::string& why) {
  return {errc::bad_request, "TLS between nodes: " + file + ": " + why};
}

std::string text_of(const ASN1_STRING* name) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(name)),
          static_cast<std::size_t>(ASN1_STRING_length(name))};
}

void add_node(std::vector<std::string>& nodes, const std::string& name) {
  if (std::string node = node_of_certificate_name(name); !node.empty())
    nodes.push_back(std::move(node));
}

std::vector<std::string> nodes_of_dns_names(const X509* certificate) {
  std::vector<std::string> nodes;
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS) add_node(nodes, text_of(name->d.dNSName));
  }
  GENERAL_NAMES_free(names);
  return nodes;
}

std::vector<std::string> nodes_of_common_name(const X509* certificate) {
  std::vector<std::string> nodes;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) add_node(nodes, text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  return nodes;
}

/// Would the peers accept our own certificate? Better known at the start than in their logs.
result<void> check_own_chain(SSL_CTX* context, const tls_files& files) {
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context, &chain);
  X509_STORE_CTX* verification = X509_STORE_CTX_new();
  X509_STORE_CTX_init(verification, SSL_CTX_get_cert_store(context),
                      SSL_CTX_get0_certificate(context), chain);
  const bool good = X509_verify_cert(verification) == 1;
  const int why = X509_STORE_CTX_get_error(verification);
  X509_STORE_CTX_free(verification);
  ERR_clear_error();
  if (good) return {};
  return bad_file(files.certificate, std::string(X509_verify_cert_error_string(why)) +
                                         " (checked against " + files.ca + ")");
}

result<void> load_files(SSL_CTX* context, const tls_files& files) {
  ERR_clear_error();
  if (SSL_CTX_load_verify_locations(context, files.ca.c_str(), nullptr) != 1)
    return bad_file(files.ca, why_it_failed());
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return bad_file(files.certificate, why_it_failed());
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return bad_file(files.key, why_it_failed());
  if (SSL_CTX_check_private_key(context) != 1)
    return bad_file(files.key, "not the key of " + files.certificate);
  return check_own_chain(context, files);
}

}  // namespace

std::string node_of_certificate_name(std::string_view name) {
  if (name.size() <= node_suffix.size() || !name.ends_with(node_suffix)) return {};
  return std::string(name.substr(0, name.size() - node_suffix.size()));
}

tls_session::tls_session(ssl_ctx_st* context, bool connecting)
    : ssl_(SSL_new(context)), received_(BIO_new(BIO_s_mem())), sending_(BIO_new(BIO_s_mem())) {
  TASKDRIVER_CHECK(ssl_ && received_ && sending_, "OpenSSL has memory");
  SSL_set_bio(ssl_, received_, sending_);
  if (connecting) {
    SSL_set_connect_state(ssl_);
    SSL_do_handshake(ssl_);  // the first flight, for drain()
  } else {
    SSL_set_accept_state(ssl_);
  }
}

tls_session::~tls_session() {
  SSL_free(ssl_);
}

error_info tls_session::failed(std::string_view doing) const {
  std::string text = "TLS " + std::string(doing) + ": ";
  const long verified = SSL_get_verify_result(ssl_);
  text += verified == X509_V_OK ? why_it_failed() : X509_verify_cert_error_string(verified);
  ERR_clear_error();
  return {errc::unavailable, text};
}

result<void> tls_session::feed(std::string_view received, std::string& plain) {
  ERR_clear_error();
  if (!received.empty()) {
    const int taken = BIO_write(received_, received.data(), static_cast<int>(received.size()));
    TASKDRIVER_CHECK(taken == static_cast<int>(received.size()), "a memory BIO takes all");
  }
  if (!ready_) {
    if (auto shaken = shake_hands(); !shaken || !ready_) return shaken;
  }
  return read_plain(plain);
}

result<void> tls_session::shake_hands() {
  const int done = SSL_do_handshake(ssl_);
  if (done != 1)
    return SSL_get_error(ssl_, done) == SSL_ERROR_WANT_READ ? result<void>() : failed("handshake");
  // SSL_VERIFY_FAIL_IF_NO_PEER_CERT has seen to both already; a second look costs nothing.
  X509* certificate = SSL_get1_peer_certificate(ssl_);
  const bool verified = certificate && SSL_get_verify_result(ssl_) == X509_V_OK;
  X509_free(certificate);
  if (!verified) return failed("certificate");
  ready_ = true;
  write(std::exchange(early_, {}));
  return {};
}

result<void> tls_session::read_plain(std::string& plain) {
  char piece[16384];
  for (;;) {
    const int bytes = SSL_read(ssl_, piece, sizeof piece);
    if (bytes > 0) {
      plain.append(piece, static_cast<std::size_t>(bytes));
      continue;
    }
    const int why = SSL_get_error(ssl_, bytes);
    if (why == SSL_ERROR_WANT_READ) return {};
    if (why == SSL_ERROR_ZERO_RETURN) return error_info{errc::unavailable, "closed by the peer"};
    return failed("connection");
  }
}

void tls_session::write(std::string_view plain) {
  if (!ready_) {
    early_.append(plain);
    return;
  }
  constexpr std::size_t piece_bytes_max = std::size_t{1} << 20;  // SSL_write counts in int
  for (; !plain.empty(); plain.remove_prefix(std::min(plain.size(), piece_bytes_max))) {
    const auto bytes = static_cast<int>(std::min(plain.size(), piece_bytes_max));
    ERR_clear_error();
    if (SSL_write(ssl_, plain.data(), bytes) != bytes) return;  // it failed; feed() will say so
  }
}

void tls_session::drain(std::vector<char>& out) {
  char* waiting = nullptr;
  const long bytes = BIO_get_mem_data(sending_, &waiting);
  if (bytes > 0) out.insert(out.end(), waiting, waiting + bytes);
  (void)BIO_reset(sending_);
}

std::vector<std::string> tls_session::peer_nodes() const {
  X509* certificate = SSL_get1_peer_certificate(ssl_);
  if (!certificate) return {};
  auto nodes = nodes_of_dns_names(certificate);
  if (nodes.empty()) nodes = nodes_of_common_name(certificate);
  X509_free(certificate);
  return nodes;
}

result<std::unique_ptr<tls_context>> tls_context::load(const tls_files& files) {
  std::unique_ptr<tls_context> loaded(new tls_context(SSL_CTX_new(TLS_method())));
  SSL_CTX* context = loaded->context_;
  TASKDRIVER_CHECK(context, "OpenSSL has memory");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // No resumption: a certificate is looked at on every connection.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  if (auto read = load_files(context, files); !read) return read.error();
  return loaded;
}

tls_context::~tls_context() {
  SSL_CTX_free(context_);
}

std::unique_ptr<tls_session> tls_context::connecting() const {
  return std::make_unique<tls_session>(context_, true);
}

std::unique_ptr<tls_session> tls_context::accepting() const {
  return std::make_unique<tls_session>(context_, false);
}

}  // namespace taskdriver::cluster
