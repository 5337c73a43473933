// Preloaded into a server by test_cluster_disks.py: its wall clock is off by SHIFTED_CLOCK_SECONDS,
// as when somebody sets the time of a machine. The steady clocks stay as they are. (libfaketime
// cannot do this for a program with jemalloc: each waits for the other to initialize.)
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long offset_s(void) {
  const char* given = getenv("SHIFTED_CLOCK_SECONDS");
  return given ? atol(given) : 0;
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  const int failed = (int)syscall(SYS_clock_gettime, clock, now);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    now->tv_sec += offset_s();
  return failed;
}

int gettimeofday(struct timeval* now, void* zone) {
  const int failed = (int)syscall(SYS_gettimeofday, now, zone);
  if (!failed) now->tv_sec += offset_s();
  return failed;
}

time_t time(time_t* out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}
