/*
 * Preloaded into the service: makes the k-th call of one kind fail, as a page of shared memory says. The service finds libc's functions
 * by dlsym, so this file replaces dlsym; only the service's own calls pass here, not those of the runtime's sockets and files. Calls of the
 * runtime on files that were opened here, close and read, are replaced by name.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

/* OPENAT creates a file, REOPEN opens an existing one, OPENDIR a folder; PREAD is the service's own, READ the runtime's. */
enum {
    OPENAT, PWRITE, FSYNC, FDATASYNC, RENAMEAT2, UNLINKAT, FALLOCATE, COPY_FILE_RANGE, PREAD, REOPEN, OPENDIR, FTRUNCATE,
    SETFL, CLONE, STATX, STATVFS,
    ADVISE,
    SYNCFS, MKDIRAT, CLOSE, READ, SENDFILE, CALLS
};

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
    volatile int met[CALLS];    /* since the page was made */
};

/* The result of fails() when the call is to be made; no errno is that large. */
enum { NOT = 1 << 20 };

static struct page *page;
static volatile char poisoned[1 << 16];
static volatile char stored[1 << 16]; /* descriptors of stored files */

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

/* The code with which this call must fail, with errno set; the caller handles a short write. */
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
        __sync_fetch_and_add(&page->met[call], 1);
        int code = page->faults[index].code;
        errno = code == -1 ? EINTR : code;
        return code;
    }
    return NOT;
}

static int my_openat(int dir, const char *path, int flags, mode_t mode)
{
    if (fails(flags & O_CREAT ? OPENAT : flags & O_DIRECTORY ? OPENDIR : REOPEN) != NOT)
        return -1;
    int fd = openat(dir, path, flags, mode);
    if (fd >= 0 && !(flags & O_DIRECTORY))
        stored[fd & 0xffff] = 1;
    return fd;
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
static int my_fallocate(int fd, int mode, off_t offset, off_t length)
{
    return fails(FALLOCATE) != NOT ? -1 : fallocate(fd, mode, offset, length);
}
static int my_ftruncate(int fd, off_t length) { return fails(FTRUNCATE) != NOT ? -1 : ftruncate(fd, length); }
static int my_syncfs(int fd) { return fails(SYNCFS) != NOT ? -1 : syncfs(fd); }
static int my_mkdirat(int dir, const char *path, mode_t mode) { return fails(MKDIRAT) != NOT ? -1 : mkdirat(dir, path, mode); }
static int my_fstatvfs(int fd, struct statvfs *answer) { return fails(STATVFS) != NOT ? -1 : fstatvfs(fd, answer); }
static int my_posix_fadvise(int fd, off_t offset, off_t length, int advice)
{
    return fails(ADVISE) != NOT ? errno : posix_fadvise(fd, offset, length, advice);
}
static int my_fcntl(int fd, int command, int argument)
{
    return command == F_SETFL && fails(SETFL) != NOT ? -1 : fcntl(fd, command, argument);
}

static int my_statx(int dir, const char *path, int flags, unsigned mask, struct statx *answer)
{
    return fails(STATX) != NOT ? -1 : statx(dir, path, flags, mask, answer);
}

static int my_ioctl(int fd, unsigned long request, void *argument)
{
    if (request == FICLONERANGE && fails(CLONE) != NOT)
        return -1;
    int result = ioctl(fd, request, argument);
    /* A file system without reflinks is asked only once; here every copy asks, so that it can fail at any. */
    if (result < 0 && request == FICLONERANGE && (errno == EOPNOTSUPP || errno == ENOTTY || errno == EXDEV))
        errno = EINVAL;
    return result;
}

static ssize_t my_copy_file_range(int in, off64_t *a, int out, off64_t *b, size_t count, unsigned flags)
{
    int code = fails(COPY_FILE_RANGE);
    if (code == 0)
        count = count > 1 ? count / 2 : count;
    else if (code != NOT)
        return -1;
    return copy_file_range(in, a, out, b, count, flags);
}

static ssize_t my_sendfile(int out, int in, off_t *offset, size_t count)
{
    int code = fails(SENDFILE);
    if (code == 0)
        count = count > 1 ? count / 2 : count;
    else if (code != NOT)
        return -1;
    return sendfile(out, in, offset, count);
}

static ssize_t reads(int call, int fd, void *bytes, size_t count, off_t offset)
{
    int code = fails(call);
    if (code == 0)
        count = count > 1 ? count / 2 : count;
    else if (code != NOT)
        return -1;
    return syscall(SYS_pread64, fd, bytes, count, offset);
}

static ssize_t my_pread(int fd, void *bytes, size_t count, off_t offset) { return reads(PREAD, fd, bytes, count, offset); }

ssize_t pread64(int fd, void *bytes, size_t count, off64_t offset)
{
    return page && stored[fd & 0xffff] ? reads(READ, fd, bytes, count, offset) : syscall(SYS_pread64, fd, bytes, count, offset);
}

ssize_t pread(int fd, void *bytes, size_t count, off_t offset) { return pread64(fd, bytes, count, offset); }

/* A failing close has closed the descriptor all the same. */
int close(int fd)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlvsym(RTLD_NEXT, "close", "GLIBC_2.2.5");
    int code = page && stored[fd & 0xffff] ? fails(CLOSE) : NOT;
    int saved = errno;
    poisoned[fd & 0xffff] = stored[fd & 0xffff] = 0;
    int result = real(fd);
    if (code == NOT)
        return result;
    errno = saved;
    return -1;
}

void *dlsym(void *handle, const char *name)
{
    static void *(*real)(void *, const char *);
    static const struct { const char *name; void *mine; } taken[] = {
        { "openat", my_openat }, { "pwrite", my_pwrite }, { "fsync", my_fsync }, { "fdatasync", my_fdatasync },
        { "renameat2", my_renameat2 }, { "unlinkat", my_unlinkat }, { "fallocate", my_fallocate }, { "pread", my_pread },
        { "copy_file_range", my_copy_file_range }, { "ftruncate", my_ftruncate }, { "syncfs", my_syncfs }, { "mkdirat", my_mkdirat },
        { "fstatvfs", my_fstatvfs }, { "posix_fadvise", my_posix_fadvise }, { "fcntl", my_fcntl },
        { "statx", my_statx }, { "ioctl", my_ioctl },
        { "sendfile", my_sendfile },
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
