// The test module of storage/.
#define BOOST_TEST_MODULE storage
#include <boost/test/unit_test.hpp>

/// RocksDB 7.8 forgets the new memtable when it cannot begin a write-ahead log.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:rocksdb::DBImpl::SwitchMemtable";
}
