/* Loaded before the C library by the tests of backup, restore and move: the process ends, as by a power cut,
   right before the call that changes a file (or speaks to a server) for the $TEAHOUSE_DIES_ATth time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static void one_more(void) {
    static long left = -1;
    if (left < 0) {
        const char *number = getenv("TEAHOUSE_DIES_AT");
        left = number ? atol(number) : 0;
    }
    if (left > 0 && --left == 0) kill(getpid(), SIGKILL);
}

#define CALL(type, name, params, ...)                       \
    type name params {                                      \
        static type(*real) params;                          \
        if (!real) real = (type(*) params)dlsym(RTLD_NEXT, #name); \
        one_more();                                         \
        return real(__VA_ARGS__);                           \
    }

CALL(int, rename, (const char *from, const char *to), from, to)
CALL(int, link, (const char *from, const char *to), from, to)
CALL(int, linkat, (int a, const char *from, int b, const char *to, int how), a, from, b, to, how)
CALL(int, unlink, (const char *path), path)
CALL(int, fsync, (int fd), fd)
CALL(int, fdatasync, (int fd), fd)
CALL(int, ftruncate, (int fd, off_t size), fd, size)
CALL(int, ftruncate64, (int fd, off_t size), fd, size)
CALL(ssize_t, pwrite, (int fd, const void *bytes, size_t size, off_t at), fd, bytes, size, at)
CALL(ssize_t, pwrite64, (int fd, const void *bytes, size_t size, off_t at), fd, bytes, size, at)
CALL(ssize_t, send, (int fd, const void *bytes, size_t size, int how), fd, bytes, size, how)
CALL(ssize_t, writev, (int fd, const struct iovec *parts, int count), fd, parts, count)
