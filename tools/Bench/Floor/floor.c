/*
 * The floor: the minimum that an upload server must do. It reads a socket into blocks of 256 KiB and writes them to a preallocated file;
 * with "sha" each byte goes through SHA-256 as well, with "fsync" each answer waits for a flush. One thread for each connection.
 *
 *   floor FOLDER [sha] [fsync]      prints its port; ends when its input ends
 *
 * It understands only what the bench sends: POST (creation, with or without a body, final concatenation), PATCH at an offset,
 * GET with one range, DELETE. It trusts its client: it is a yardstick, not a server.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK (256 << 10)
#define HEAD (16 << 10)
#define MOST_FILES (1 << 20)

struct file {
    int descriptor;
    off_t length, offset;
    EVP_MD_CTX *digest;
};

struct request {
    char *line;
    long long content_length, upload_length, upload_offset, range_from, range_to;
    char *concat;
};

static const char *folder;
static int with_sha, with_flush;
static EVP_MD *sha256;
static struct file files[MOST_FILES];
static atomic_int made;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void name_of(int id, char *into, size_t size)
{
    snprintf(into, size, "%s/%d", folder, id);
}

static int create(long long length)
{
    char name[4096];
    int id = atomic_fetch_add(&made, 1);
    if (id >= MOST_FILES)
        exit(1);
    struct file *file = &files[id];
    name_of(id, name, sizeof name);
    file->descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file->descriptor < 0)
        fail(name);
    if (length > 0 && fallocate(file->descriptor, FALLOC_FL_KEEP_SIZE, 0, length) != 0)
        fail("fallocate");
    file->length = length;
    if (with_sha) {
        file->digest = EVP_MD_CTX_new();
        EVP_DigestInit_ex(file->digest, sha256, NULL);
    }
    return id;
}

static void append(struct file *file, const char *bytes, size_t count)
{
    if (with_sha)
        EVP_DigestUpdate(file->digest, bytes, count);
    while (count > 0) {
        ssize_t put = pwrite(file->descriptor, bytes, count, file->offset);
        if (put <= 0)
            fail("pwrite");
        bytes += put;
        count -= (size_t)put;
        file->offset += put;
    }
}

/* Before an answer: the flush, and at the end of the file its digest. */
static void settle(struct file *file)
{
    unsigned char result[EVP_MAX_MD_SIZE];
    if (with_flush && fsync(file->descriptor) != 0)
        fail("fsync");
    if (file->offset < file->length)
        return;
    if (file->digest) {
        EVP_DigestFinal_ex(file->digest, result, NULL);
        EVP_MD_CTX_free(file->digest);
        file->digest = NULL;
    }
    close(file->descriptor);
    file->descriptor = -1;
}

static int send_all(int socket, const char *bytes, size_t count, int flags)
{
    while (count > 0) {
        ssize_t sent = send(socket, bytes, count, flags | MSG_NOSIGNAL);
        if (sent <= 0)
            return -1;
        bytes += sent;
        count -= (size_t)sent;
    }
    return 0;
}

/* The body: first what came with the head, then whole blocks. */
static int receive(int socket, struct file *file, char *block, char *extra, size_t held, long long length)
{
    size_t filled = (long long)held < length ? held : (size_t)length;
    memcpy(block, extra, filled);
    while (length > 0) {
        size_t want = length < BLOCK ? (size_t)length : BLOCK;
        while (filled < want) {
            ssize_t got = recv(socket, block + filled, want - filled, MSG_WAITALL);
            if (got <= 0)
                return -1;
            filled += (size_t)got;
        }
        append(file, block, want);
        length -= (long long)want;
        filled = 0;
    }
    return 0;
}

static int serve_file(int socket, int id, struct request *request, char *block)
{
    char name[4096], head[512];
    struct stat facts;
    name_of(id, name, sizeof name);
    int descriptor = open(name, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &facts) != 0)
        fail(name);
    off_t from = request->range_from < 0 ? 0 : request->range_from;
    off_t to = request->range_to < 0 ? facts.st_size - 1 : request->range_to;
    int size = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %lld\r\n\r\n",
        request->range_from < 0 ? "200 OK" : "206 Partial Content", (long long)(to - from + 1));
    int failed = send_all(socket, head, (size_t)size, to >= from ? MSG_MORE : 0);
    while (!failed && from <= to) {
        size_t want = to - from + 1 < BLOCK ? (size_t)(to - from + 1) : BLOCK;
        ssize_t got = pread(descriptor, block, want, from);
        if (got <= 0)
            fail("pread");
        failed = send_all(socket, block, (size_t)got, 0);
        from += got;
    }
    close(descriptor);
    return failed;
}

/* "final;/files/1 /files/2": their bytes one after the other, in a new file. */
static int join(char *parts, char *block)
{
    char name[4096], *rest = NULL;
    int ids[4096], count = 0;
    long long length = 0;
    struct stat facts;
    for (char *part = strtok_r(strchr(parts, ';') + 1, " ", &rest); part && count < 4096; part = strtok_r(NULL, " ", &rest)) {
        ids[count] = atoi(strrchr(part, '/') + 1);
        name_of(ids[count], name, sizeof name);
        if (stat(name, &facts) != 0)
            fail(name);
        length += facts.st_size;
        count++;
    }
    int id = create(length);
    for (int part = 0; part < count; part++) {
        name_of(ids[part], name, sizeof name);
        int from = open(name, O_RDONLY | O_CLOEXEC);
        if (from < 0)
            fail(name);
        for (ssize_t got; (got = read(from, block, BLOCK)) > 0;)
            append(&files[id], block, (size_t)got);
        close(from);
    }
    settle(&files[id]);
    return id;
}

static void parse(char *head, struct request *request)
{
    char *rest = NULL;
    *request = (struct request){ .upload_length = -1, .range_from = -1, .range_to = -1 };
    request->line = strtok_r(head, "\r\n", &rest);
    for (char *line = strtok_r(NULL, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
        char *value = strchr(line, ':');
        if (!value)
            continue;
        *value++ = 0;
        while (*value == ' ')
            value++;
        if (!strcasecmp(line, "Content-Length"))
            request->content_length = atoll(value);
        else if (!strcasecmp(line, "Upload-Length"))
            request->upload_length = atoll(value);
        else if (!strcasecmp(line, "Upload-Offset"))
            request->upload_offset = atoll(value);
        else if (!strcasecmp(line, "Upload-Concat"))
            request->concat = value;
        else if (!strcasecmp(line, "Range"))
            sscanf(value, "bytes=%lld-%lld", &request->range_from, &request->range_to);
    }
}

static int answer(int socket, struct request *request, char *block, char *extra, size_t held)
{
    char text[512];
    char *path = strchr(request->line, ' ') + 1;
    path[strcspn(path, " ")] = 0;
    int id = atoi(strrchr(path, '/') + 1), size;
    if (!strncmp(request->line, "POST", 4)) {
        if (request->concat && !strncmp(request->concat, "final", 5))
            id = join(request->concat, block);
        else {
            id = create(request->upload_length);
            if (receive(socket, &files[id], block, extra, held, request->content_length) != 0)
                return -1;
            settle(&files[id]);
        }
        size = snprintf(text, sizeof text,
            "HTTP/1.1 201 Created\r\nLocation: /files/%d\r\nUpload-Offset: %lld\r\nTus-Resumable: 1.0.0\r\nContent-Length: 0\r\n\r\n",
            id, (long long)files[id].offset);
    } else if (!strncmp(request->line, "PATCH", 5)) {
        struct file *file = &files[id];
        if (request->upload_offset != file->offset) {
            size = snprintf(text, sizeof text, "HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            send_all(socket, text, (size_t)size, 0);
            return -1;
        }
        if (receive(socket, file, block, extra, held, request->content_length) != 0)
            return -1;
        settle(file);
        size = snprintf(text, sizeof text, "HTTP/1.1 204 No Content\r\nUpload-Offset: %lld\r\nTus-Resumable: 1.0.0\r\n\r\n",
            (long long)file->offset);
    } else if (!strncmp(request->line, "GET", 3))
        return serve_file(socket, id, request, block);
    else {
        char name[4096];
        name_of(id, name, sizeof name);
        unlink(name);
        size = snprintf(text, sizeof text, "HTTP/1.1 204 No Content\r\n\r\n");
    }
    return send_all(socket, text, (size_t)size, 0);
}

static void *serve(void *argument)
{
    int socket = (int)(long)argument, one = 1;
    char *block = malloc(BLOCK), *head = malloc(HEAD + 1);
    size_t held = 0;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    while (1) {
        char *end;
        head[held] = 0;
        while (!(end = memmem(head, held, "\r\n\r\n", 4))) {
            ssize_t got = held < HEAD ? recv(socket, head + held, HEAD - held, 0) : 0;
            if (got <= 0)
                goto out;
            held += (size_t)got;
            head[held] = 0;
        }
        struct request request;
        char *extra = end + 4;
        size_t after = held - (size_t)(extra - head);
        *end = 0;
        parse(head, &request);
        size_t body = request.content_length < (long long)after ? (size_t)request.content_length : after;
        if (answer(socket, &request, block, extra, body) != 0)
            break;
        held = after - body;
        memmove(head, extra + body, held);
    }
out:
    free(head);
    free(block);
    close(socket);
    return NULL;
}

static void *until_input_ends(void *nothing)
{
    char byte;
    while (read(0, &byte, 1) > 0) {
    }
    exit(0);
    return nothing;
}

int main(int count, char **arguments)
{
    pthread_t thread;
    pthread_attr_t small;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    if (count < 2)
        return 2;
    folder = arguments[1];
    for (int index = 2; index < count; index++) {
        with_sha |= !strcmp(arguments[index], "sha");
        with_flush |= !strcmp(arguments[index], "fsync");
    }
    signal(SIGPIPE, SIG_IGN);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1024) != 0)
        fail("listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 << 10);
    pthread_create(&thread, &small, until_input_ends, NULL);
    while (1) {
        int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (socket < 0 && errno != EINTR && errno != ECONNABORTED)
            fail("accept");
        if (socket >= 0 && pthread_create(&thread, &small, serve, (void *)(long)socket) == 0)
            pthread_detach(thread);
    }
}
