// Headers that `import Glibc` leaves out. No C source: declarations and static inline only.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/tcp.h>
#include "sha256ni.h"

int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
