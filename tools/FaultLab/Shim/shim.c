/*
 * Preloaded into the service: lets the k-th call of one kind fail, as a page of shared memory says. The service asks dlsym for libc's
 * functions, so dlsym is what is taken over; only its own calls go through here, not those of the runtime's sockets and files.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPENAT, PWRITE, FSYNC, FDATASYNC, RENAMEAT2, UNLINKAT, FALLOCATE, COPY_FILE_RANGE, PREAD, CALLS };

enum { FAULTS = 2 };

struct page {
    struct {
        volatile int call;      /* which kind fails; -1: none */
        volatile int code;      /* errno; 0: half of the bytes, -1: EINTR */
        volatile int countdown; /* 1: the next one */
        volatile int sticky;    /* goes on failing */
    } faults[FAULTS];
    volatile int fired;
    volatile int retried;       /* flushes of a descriptor whose flush had failed */
    volatile int seen[CALLS];
};

/* What fails() says when the call is to go through; no errno is that large. */
enum { NOT = 1 << 20 };

static struct page *page;
static volatile char poisoned[1 << 16];

__attribute__((constructor)) static void attach(void)
{
    const char *file = getenv("LAB_SHIM");
    int fd = file ? open(file, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        page = NULL;
    close(fd);
}

/* The code with which this call is to fail, and errno set; a short write is the caller's own affair. */
static int fails(int call)
{
    if (!page)
        return NOT;
    __sync_fetch_and_add(&page->seen[call], 1);
    for (int index = 0; index < FAULTS; index++) {
        if (page->faults[index].call != call)
            continue;
        int left = __sync_sub_and_fetch(&page->faults[index].countdown, 1);
        if (left > 0 || (left < 0 && !page->faults[index].sticky))
            continue;
        __sync_fetch_and_add(&page->fired, 1);
        int code = page->faults[index].code;
        errno = code == -1 ? EINTR : code;
        return code;
    }
    return NOT;
}

static int my_openat(int dir, const char *path, int flags, mode_t mode)
{
    /* Only what makes a file: folders are opened for every step. */
    return (flags & O_CREAT) && fails(OPENAT) != NOT ? -1 : openat(dir, path, flags, mode);
}

static ssize_t my_pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    int code = fails(PWRITE);
    if (code == 0)
        count = count > 1 ? count / 2 : count;
    else if (code != NOT)
        return -1;
    return pwrite(fd, bytes, count, offset);
}

static int flush(int fd, int call, int (*real)(int))
{
    int index = fd & 0xffff;
    if (page && poisoned[index])
        __sync_fetch_and_add(&page->retried, 1);
    int code = fails(call);
    if (code != NOT) {
        if (code != -1)
            poisoned[index] = 1;
        return -1;
    }
    return real(fd);
}

static int my_fsync(int fd) { return flush(fd, FSYNC, fsync); }
static int my_fdatasync(int fd) { return flush(fd, FDATASYNC, fdatasync); }

static int my_renameat2(int from, const char *a, int to, const char *b, unsigned flags)
{
    return fails(RENAMEAT2) != NOT ? -1 : renameat2(from, a, to, b, flags);
}

static int my_unlinkat(int dir, const char *path, int flags) { return fails(UNLINKAT) != NOT ? -1 : unlinkat(dir, path, flags); }
static int my_fallocate(int fd, int mode, off_t offset, off_t length) { return fails(FALLOCATE) != NOT ? -1 : fallocate(fd, mode, offset, length); }
static ssize_t my_pread(int fd, void *bytes, size_t count, off_t offset) { return fails(PREAD) != NOT ? -1 : pread(fd, bytes, count, offset); }

static ssize_t my_copy_file_range(int in, off64_t *a, int out, off64_t *b, size_t count, unsigned flags)
{
    return fails(COPY_FILE_RANGE) != NOT ? -1 : copy_file_range(in, a, out, b, count, flags);
}

int close(int fd)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlvsym(RTLD_NEXT, "close", "GLIBC_2.2.5");
    poisoned[fd & 0xffff] = 0;
    return real(fd);
}

void *dlsym(void *handle, const char *name)
{
    static void *(*real)(void *, const char *);
    static const struct { const char *name; void *mine; } taken[] = {
        { "openat", my_openat }, { "pwrite", my_pwrite }, { "fsync", my_fsync }, { "fdatasync", my_fdatasync },
        { "renameat2", my_renameat2 }, { "unlinkat", my_unlinkat }, { "fallocate", my_fallocate }, { "pread", my_pread },
        { "copy_file_range", my_copy_file_range },
    };
    if (!real) {
        real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
        if (!real)
            real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    }
    if (page)
        for (size_t index = 0; index < sizeof taken / sizeof *taken; index++)
            if (strcmp(name, taken[index].name) == 0)
                return taken[index].mine;
    return real(handle, name);
}
