// A disk that is full at will, as a library to be loaded before others (LD_PRELOAD).
//
// Each folder directly in the folder FULL_DISKS is such a disk: while there is a file FULL_DISKS/NAME.full, writing to
// a file in FULL_DISKS/NAME fails with ENOSPC. Nothing else changes: reading, making and deleting files, writing
// elsewhere, to sockets and to pipes. Not seen are writes through mapped memory and those of the C library (stdio).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static char disks[4096];
static size_t disks_length;

// Each is asked for at its first use: others' constructors write before ours runs.
#define NEXT(name)               \
  static __typeof__(&name) next; \
  if (next == NULL) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void FindDisks(void) {
  const char* given = getenv("FULL_DISKS");
  // As the kernel names the files in it.
  if (given == NULL || realpath(given, disks) == NULL) return;
  disks_length = strlen(disks);
}

static int IsFull(int file) {
  if (disks_length == 0) return 0;
  const int error = errno;
  char link[32];
  char path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, sizeof path - sizeof ".full");
  int full = 0;
  if (length > (ssize_t)disks_length + 1) {
    path[length] = '\0';
    if (memcmp(path, disks, disks_length) == 0 && path[disks_length] == '/') {
      char* end = strchr(path + disks_length + 1, '/');
      if (end != NULL) {
        strcpy(end, ".full");
        full = access(path, F_OK) == 0;
      }
    }
  }
  errno = error;
  return full;
}

#define UNLESS_FULL(file, name, ...) \
  NEXT(name);                        \
  if (IsFull(file)) {                \
    errno = ENOSPC;                  \
    return -1;                       \
  }                                  \
  return next(__VA_ARGS__)

ssize_t write(int file, const void* data, size_t size) { UNLESS_FULL(file, write, file, data, size); }

ssize_t pwrite(int file, const void* data, size_t size, off_t at) {
  UNLESS_FULL(file, pwrite, file, data, size, at);
}

ssize_t pwrite64(int file, const void* data, size_t size, off64_t at) {
  UNLESS_FULL(file, pwrite64, file, data, size, at);
}

ssize_t writev(int file, const struct iovec* parts, int count) {
  UNLESS_FULL(file, writev, file, parts, count);
}

ssize_t pwritev(int file, const struct iovec* parts, int count, off_t at) {
  UNLESS_FULL(file, pwritev, file, parts, count, at);
}

ssize_t pwritev64(int file, const struct iovec* parts, int count, off64_t at) {
  UNLESS_FULL(file, pwritev64, file, parts, count, at);
}

ssize_t pwritev2(int file, const struct iovec* parts, int count, off_t at, int flags) {
  UNLESS_FULL(file, pwritev2, file, parts, count, at, flags);
}

ssize_t pwritev64v2(int file, const struct iovec* parts, int count, off64_t at, int flags) {
  UNLESS_FULL(file, pwritev64v2, file, parts, count, at, flags);
}

int fallocate(int file, int mode, off_t at, off_t size) {
  UNLESS_FULL(file, fallocate, file, mode, at, size);
}

int fallocate64(int file, int mode, off64_t at, off64_t size) {
  UNLESS_FULL(file, fallocate64, file, mode, at, size);
}

// These give the error, not -1.
int posix_fallocate(int file, off_t at, off_t size) {
  NEXT(posix_fallocate);
  return IsFull(file) ? ENOSPC : next(file, at, size);
}

int posix_fallocate64(int file, off64_t at, off64_t size) {
  NEXT(posix_fallocate64);
  return IsFull(file) ? ENOSPC : next(file, at, size);
}
