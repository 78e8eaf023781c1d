/* Loaded before the C library by the tests of the store: system calls fail while a file says so.
   A file named after the call in $TEAHOUSE_FAULTS holds the number of the error. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static int fault(const char *call) {
    const char *folder = getenv("TEAHOUSE_FAULTS");
    char path[4096], number[16] = {0};
    if (!folder) return 0;
    snprintf(path, sizeof path, "%s/%s", folder, call);
    int saved = errno, file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) { errno = saved; return 0; }
    ssize_t got = read(file, number, sizeof number - 1);
    close(file);
    errno = saved;
    return got > 0 ? atoi(number) : 0;
}

#define REAL(name, type) static type real; if (!real) real = (type)dlsym(RTLD_NEXT, name)

typedef ssize_t (*pwrite_call)(int, const void *, size_t, off_t);
typedef int (*sync_call)(int);
typedef int (*truncate_call)(int, off_t);

static ssize_t torn_or_whole(pwrite_call real, int fd, const void *bytes, size_t count, off_t at) {
    int error = fault("torn");
    if (error && count > 1) {
        /* Half of it reaches the file. */
        real(fd, bytes, count / 2, at);
    } else {
        error = fault("pwrite");
    }
    if (error) { errno = error; return -1; }
    return real(fd, bytes, count, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    REAL("pwrite", pwrite_call);
    return torn_or_whole(real, fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t at) {
    REAL("pwrite64", pwrite_call);
    return torn_or_whole(real, fd, bytes, count, at);
}

int fsync(int fd) {
    REAL("fsync", sync_call);
    int error = fault("fsync");
    if (error) { errno = error; return -1; }
    return real(fd);
}

int fdatasync(int fd) {
    REAL("fdatasync", sync_call);
    int error = fault("fsync");
    if (error) { errno = error; return -1; }
    return real(fd);
}

int ftruncate(int fd, off_t size) {
    REAL("ftruncate", truncate_call);
    int error = fault("ftruncate");
    if (error) { errno = error; return -1; }
    return real(fd, size);
}

int ftruncate64(int fd, off_t size) {
    REAL("ftruncate64", truncate_call);
    int error = fault("ftruncate");
    if (error) { errno = error; return -1; }
    return real(fd, size);
}
