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

struct page {
    volatile int call;      /* which kind fails; -1: none */
    volatile int code;      /* errno; 0: half of the bytes, -1: EINTR */
    volatile int countdown; /* 1: the next one */
    volatile int sticky;    /* goes on failing */
    volatile int fired;
    volatile int retried;   /* flushes of a descriptor whose flush had failed */
    volatile int seen[CALLS];
};

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

/* Whether this call is to fail; a short write is the caller's own affair. */
static int fails(int call)
{
    if (!page)
        return 0;
    __sync_fetch_and_add(&page->seen[call], 1);
    if (page->call != call)
        return 0;
    int left = __sync_sub_and_fetch(&page->countdown, 1);
    if (left > 0 || (left < 0 && !page->sticky))
        return 0;
    __sync_fetch_and_add(&page->fired, 1);
    errno = page->code == -1 ? EINTR : page->code;
    return 1;
}

static int my_openat(int dir, const char *path, int flags, mode_t mode)
{
    /* Only what makes a file: folders are opened for every step. */
    return (flags & O_CREAT) && fails(OPENAT) ? -1 : openat(dir, path, flags, mode);
}

static ssize_t my_pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    if (fails(PWRITE)) {
        if (page->code != 0)
            return -1;
        count = count > 1 ? count / 2 : count;
    }
    return pwrite(fd, bytes, count, offset);
}

static int flush(int fd, int call, int (*real)(int))
{
    int index = fd & 0xffff;
    if (page && poisoned[index])
        __sync_fetch_and_add(&page->retried, 1);
    if (fails(call)) {
        if (page->code != -1)
            poisoned[index] = 1;
        return -1;
    }
    return real(fd);
}

static int my_fsync(int fd) { return flush(fd, FSYNC, fsync); }
static int my_fdatasync(int fd) { return flush(fd, FDATASYNC, fdatasync); }

static int my_renameat2(int from, const char *a, int to, const char *b, unsigned flags)
{
    return fails(RENAMEAT2) ? -1 : renameat2(from, a, to, b, flags);
}

static int my_unlinkat(int dir, const char *path, int flags) { return fails(UNLINKAT) ? -1 : unlinkat(dir, path, flags); }
static int my_fallocate(int fd, int mode, off_t offset, off_t length) { return fails(FALLOCATE) ? -1 : fallocate(fd, mode, offset, length); }
static ssize_t my_pread(int fd, void *bytes, size_t count, off_t offset) { return fails(PREAD) ? -1 : pread(fd, bytes, count, offset); }

static ssize_t my_copy_file_range(int in, off64_t *a, int out, off64_t *b, size_t count, unsigned flags)
{
    return fails(COPY_FILE_RANGE) ? -1 : copy_file_range(in, a, out, b, count, flags);
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
