// Waits of a process whose clock is set by libfaketime, as a library to be loaded before that one (LD_PRELOAD).
//
// What waits until a moment of the wall clock means its own clock, the kernel the true one. libfaketime translates
// pthread_cond_timedwait; it does not see C11's cnd_timedwait (librdkafka) and futexes by syscall (Abseil), which at a
// clock two days ahead would wait two days for the next second. Here they are translated, too, when the wait begins: a
// jump during a wait does not move its end.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

// Seconds; what is later is not meant as a time.
#define FOR_EVER (INT64_C(1) << 33)

typedef long (*Syscall)(long, ...);

// Asked for at its first use; threads that do so at once find the same.
static Syscall Next(void) {
  static Syscall next;
  if (next == NULL) next = (Syscall)dlsym(RTLD_NEXT, "syscall");
  return next;
}

static int64_t Nanoseconds(const struct timespec* time) {
  return time->tv_sec * INT64_C(1000000000) + time->tv_nsec;
}

// By how much this process's wall clock is ahead of the kernel's.
static int64_t Ahead(void) {
  struct timespec shown;
  struct timespec real;
  clock_gettime(CLOCK_REALTIME, &shown);
  Next()(SYS_clock_gettime, CLOCK_REALTIME, &real);
  return Nanoseconds(&shown) - Nanoseconds(&real);
}

long syscall(long number, ...) {
  long words[6];
  va_list list;
  va_start(list, number);
  for (int i = 0; i < 6; ++i) words[i] = va_arg(list, long);
  va_end(list);
  const int until_wall_time = FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME;
  const struct timespec* until = (const struct timespec*)words[3];
  struct timespec real;
  if (number == SYS_futex && (words[1] & ~(long)FUTEX_PRIVATE_FLAG) == until_wall_time && until != NULL &&
      until->tv_sec < FOR_EVER) {
    const int64_t at = Nanoseconds(until) - Ahead();
    real.tv_sec = at > 0 ? at / 1000000000 : 0;
    real.tv_nsec = at > 0 ? at % 1000000000 : 0;
    words[3] = (long)&real;
  }
  return Next()(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const struct timespec* until) {
  // They are the same in the GNU C library.
  switch (pthread_cond_timedwait((pthread_cond_t*)condition, (pthread_mutex_t*)mutex, until)) {
    case 0:
      return thrd_success;
    case ETIMEDOUT:
      return thrd_timedout;
    default:
      return thrd_error;
  }
}
