// pthread_setname_np(3), with its limit checked.
#include "base/thread_name.hpp"

#include <pthread.h>

#include <cstring>

#include "base/check.hpp"

namespace taskdriver {

void name_this_thread(const char* name) noexcept {
  TASKDRIVER_CHECK(std::strlen(name) <= 15, "Linux keeps 15 characters of a thread's name");
  pthread_setname_np(pthread_self(), name);
}

}  // namespace taskdriver
