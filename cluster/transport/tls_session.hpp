// TLS between nodes: both sides show a certificate, and bytes pass through memory, not a socket.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cluster/transport/peer_network_options.hpp"

struct ssl_st;
struct ssl_ctx_st;
struct bio_st;

namespace taskdriver::cluster {

/// One end of one connection. What the peer sent goes into feed(), what drain() gives must be sent
/// to the peer; that is all, no socket is touched.
///
///   feed/drain ...  --handshake done, chain verified-->  ready  --alert, bad record--> failed
///
/// Thread: one owner. Owns: its OpenSSL objects.
class tls_session {
public:
  tls_session(ssl_ctx_st* context, bool connecting);
  ~tls_session();
  tls_session(const tls_session&) = delete;
  tls_session& operator=(const tls_session&) = delete;

  /// Appends what was decrypted. Fails: unavailable with the reason (a certificate that is not
  /// good, a broken record, the peer's alert); then drain() once more, which has our alert.
  result<void> feed(std::string_view received, std::string& plain);
  /// Encrypts; before ready() it waits inside for the handshake.
  void write(std::string_view plain);
  void drain(std::vector<char>& out);
  bool ready() const { return ready_; }
  /// The nodes that the peer's certificate names: those of its DNS names, or else of its common
  /// name, that have the form NAME.node.taskdriver. Empty: it names none. Once ready().
  std::vector<std::string> peer_nodes() const;

private:
  result<void> shake_hands();
  result<void> read_plain(std::string& plain);
  error_info failed(std::string_view doing) const;

  ssl_st* ssl_;
  bio_st* received_;  // of ssl_
  bio_st* sending_;   // of ssl_
  std::string early_;
  bool ready_ = false;
};

/// The certificates of this node, checked once at the start.
/// Thread: load from one, connect/accept from one at a time. Outlives its sessions.
class tls_context {
public:
  /// Fails: bad_request with the file and what is wrong with it (cannot be read, the key is not
  /// the certificate's, not signed by this CA, expired).
  static result<std::unique_ptr<tls_context>> load(const tls_files& files);
  ~tls_context();

  std::unique_ptr<tls_session> connecting() const;
  std::unique_ptr<tls_session> accepting() const;

private:
  explicit tls_context(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

/// NAME of "NAME.node.taskdriver"; empty if the name is of another form.
std::string node_of_certificate_name(std::string_view name);

}  // namespace taskdriver::cluster
