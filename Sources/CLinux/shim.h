// Headers that `import Glibc` leaves out. No C source: declarations and static inline only.
// No _GNU_SOURCE: it changes types such as fd_set, which then clash with those other modules see;
// what only it would show is declared here.
#pragma once
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/tcp.h>
#include "sha256ni.h"

int sched_getaffinity(pid_t process, size_t size, cpu_set_t *set);
int pipe2(int descriptors[2], int flags);
int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
int pthread_setname_np(pthread_t thread, const char *name);
int malloc_trim(size_t kept);
int mallopt(int what, int value);
static const int malloc_heaps_max = -8;      // M_ARENA_MAX
static const int malloc_kept_top = -1;       // M_TRIM_THRESHOLD
static const int malloc_mapped_least = -3;   // M_MMAP_THRESHOLD
