/* loadgen - a neutral load generator for HTTP publish/subscribe servers.
 *
 * One thread, epoll, no dependencies:   gcc -O2 -Wall -Wextra -o loadgen loadgen.c
 *
 * Modes
 *   fanout   open --subs subscribers, publish --msgs messages, account for every delivery
 *   idle     open --subs subscribers and hold them for --time seconds (server memory)
 *   publish  no subscribers; --pubs connections POST as fast as acks allow for --time seconds
 *
 * Every message body is ASCII, "~LG <publisher> <seq> <channel> <send time, ns> xxx...", so each
 * delivery can be checked (lost, duplicated, reordered, misrouted, corrupt) and timed. <seq> counts
 * the messages of one channel; one publisher sends its messages in increasing <seq>.
 * Times are CLOCK_MONOTONIC, so run it on the server's machine. Latency runs from just before the
 * write() of the POST to just after the read() that completed the message. At a fixed --rate, a
 * message held back because every publisher still waits for an ack is timed from when it was due.
 *
 * loadgen --help lists the options. The exit status is 0 if every subscriber opened and stayed, every
 * publish was acked, and every expected delivery came once, in order and intact.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { READ_MAX = 256 << 10, KEEP_MAX = 8 << 20, MAX_PIDS = 64, MAX_PORTS = 64, OPEN_AT_ONCE = 128, MIN_SIZE = 56 };

/* ---------------------------------------------------------------- options */

enum Mode { FANOUT, IDLE, PUBLISH };

/* What differs between subscriber protocols. The last six are for protocols layered on WebSocket:
 * send `hello` once upgraded, `join` on a message that begins with `join_on`; the subscriber is
 * ready on a message that contains `ready`; answer `ping` with `pong`; `sep` ends each message. */
static const struct Proto {
    const char *name;
    bool ws;
    const char *hello, *join_on, *join, *ready, *ping, *pong;
    char sep;
} protos[] = {
    { .name = "ws", .ws = true },
    { .name = "sse" },
    { .name = "stream" },
    { .name = "signalr", .ws = true, .sep = 0x1e,
      .hello = "{\"protocol\":\"json\",\"version\":1}\x1e", .join_on = "{}",
      .join = "{\"type\":1,\"invocationId\":\"1\",\"target\":\"Join\",\"arguments\":[\"%d\"]}\x1e",
      .ready = "\"invocationId\":\"1\"", .ping = "{\"type\":6}", .pong = "{\"type\":6}\x1e" },
    { .name = "socketio", .ws = true, .hello = "40", .join_on = "40{",
      .join = "420[\"join\",\"%d\"]", .ready = "430[", .ping = "2", .pong = "3" },
};

static struct {
    enum Mode mode;
    const struct Proto *proto;
    const char *host, *sub_path, *pub_path, *body, *label;
    int pub_port, subs, channels, pubs, msgs, size, window, warmup, slow, slow_rcvbuf;
    double rate, time, settle, drain;
    int newline, ready_when_sent, json;
    char headers[4096], sub_headers[4096], pub_headers[4096];
    int pids[MAX_PIDS], npids, ports[MAX_PORTS], nports;
} o = { .proto = &protos[0], .host = "127.0.0.1", .sub_path = "/ch%d", .pub_path = "/ch%d",
        .body = "%m", .label = "", .subs = 100, .channels = 1, .pubs = 1, .size = 100,
        .msgs = 1000, .time = 5, .settle = 0.3, .drain = 5 };

enum Kind { TEXT, INT, NUM, FLAG, HEADER, PROTO, PID, PORT };     /* what `to` points at */
static const struct { const char *name; enum Kind kind; void *to; const char *help; } opts[] = {
    { "host", TEXT, &o.host, "server's IPv4 address, 127.0.0.1" },
    { "port", PORT, 0, "its port, 8080; repeatable: subscriber i is at port i mod their number" },
    { "pub-port", INT, &o.pub_port, "the port to publish to, if another than the first" },
    { "proto", PROTO, 0, "ws, sse, stream (newline-delimited chunked HTTP), signalr, socketio; ws" },
    { "subs", INT, &o.subs, "number of subscribers, 100" },
    { "channels", INT, &o.channels, "subscriber i is on channel i mod N, as is message i; 1" },
    { "sub-path", TEXT, &o.sub_path, "path to GET, %d is the channel, /ch%d" },
    { "pub-path", TEXT, &o.pub_path, "path to POST, %d is the channel, /ch%d" },
    { "body", TEXT, &o.body, "body to POST, %d is the channel, %m the message, %m" },
    { "newline", FLAG, &o.newline, "end messages with a newline (if the server adds none to a stream)" },
    { "header", HEADER, o.headers, "'Name: value' added to every request; repeatable, as the next two" },
    { "sub-header", HEADER, o.sub_headers, "... to subscribers' requests" },
    { "pub-header", HEADER, o.pub_headers, "... to publishers' requests" },
    { "pubs", INT, &o.pubs, "publisher connections (keep-alive, one request in flight each), 1" },
    { "msgs", INT, &o.msgs, "number of messages, 1000" },
    { "size", INT, &o.size, "bytes in each message, at least 56; 100" },
    { "rate", NUM, &o.rate, "messages/s over all publishers, 0 is as fast as acks allow; 0" },
    { "window", INT, &o.window, "hold publishing while N messages are not yet delivered to all, 0: off; 0" },
    { "warmup", INT, &o.warmup, "messages sent first and not counted, 0" },
    { "time", NUM, &o.time, "seconds to hold (idle) or to publish (publish), 5" },
    { "settle", NUM, &o.settle, "seconds of quiet between phases, 0.3" },
    { "drain", NUM, &o.drain, "seconds without a delivery after which the rest is lost, 5" },
    { "slow", INT, &o.slow, "the first N subscribers stop reading before the first message and are\n"
      "                       read again at the end; not part of the expected deliveries" },
    { "slow-rcvbuf", INT, &o.slow_rcvbuf, "their SO_RCVBUF" },
    { "ready-when-sent", FLAG, &o.ready_when_sent, "a subscriber is open once its request is sent, for\n"
      "                       servers that send no response head before the first message" },
    { "server-pid", PID, 0, "report CPU and memory of this process and its children; repeatable" },
    { "json", FLAG, &o.json, "print one JSON object" },
    { "label", TEXT, &o.label, "a name to print with the figures" },
};
enum { N_OPTS = sizeof opts / sizeof *opts, N_PROTOS = sizeof protos / sizeof *protos };

static void die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("loadgen: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    exit(2);
}

static void set_option(int i, const char *v)
{
    void *to = opts[i].to;
    switch (opts[i].kind) {
    case TEXT: *(const char **)to = v; break;
    case INT: *(int *)to = atoi(v); break;
    case NUM: *(double *)to = atof(v); break;
    case FLAG: *(int *)to = 1; break;
    case HEADER:
        if (strlen(to) + strlen(v) + 3 > sizeof o.headers) die("too many headers");
        strcat(strcat(to, v), "\r\n");
        break;
    case PROTO:
        for (o.proto = protos; strcmp(o.proto->name, v); o.proto++)
            if (o.proto == &protos[N_PROTOS - 1]) die("unknown protocol %s", v);
        break;
    case PID:
        if (o.npids == MAX_PIDS) die("too many --server-pid");
        o.pids[o.npids++] = atoi(v);
        break;
    case PORT:
        if (o.nports == MAX_PORTS) die("too many --port");
        o.ports[o.nports++] = atoi(v);
    }
}

static void parse_options(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    o.mode = !strcmp(mode, "fanout") ? FANOUT : !strcmp(mode, "idle") ? IDLE : PUBLISH;
    if (o.mode == PUBLISH && strcmp(mode, "publish")) {
        puts("usage: loadgen fanout|idle|publish [--option value ...]");
        for (int i = 0; i < N_OPTS; i++) printf("  --%-18s %s\n", opts[i].name, opts[i].help);
        exit(strcmp(mode, "--help") ? 2 : 0);
    }
    for (int a = 2, i; a < argc; a++) {
        for (i = 0; i < N_OPTS && (strncmp(argv[a], "--", 2) || strcmp(argv[a] + 2, opts[i].name));) i++;
        if (i == N_OPTS) die("unknown option %s (--help lists them)", argv[a]);
        if (opts[i].kind != FLAG && ++a == argc) die("--%s needs a value", opts[i].name);
        set_option(i, argv[a]);
    }
    if (o.mode == PUBLISH) o.subs = o.slow = 0;
    if (o.mode == IDLE) o.pubs = 0;
    if (o.mode != FANOUT) o.warmup = 0;
    if (o.channels < 1 || o.size < MIN_SIZE || (o.mode != IDLE && o.pubs < 1) || o.slow > o.subs)
        die("need --channels >= 1, --size >= %d, --pubs >= 1, --slow <= --subs", MIN_SIZE);
    if (!o.nports) o.ports[o.nports++] = 8080;
    if (!o.pub_port) o.pub_port = o.ports[0];
}

/* ---------------------------------------------------------------- clock and histogram */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }
static double own_cpu_s(void) { return clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9; }

/* Log-linear: 32 buckets for each power of two, so a quantile is within about 3 %. */
typedef struct { uint64_t count, max, bucket[60 * 32]; } Hist;

static void hist_add(Hist *h, uint64_t v)
{
    int e = v < 64 ? 0 : 58 - __builtin_clzll(v);         /* v >> e is then below 64 */
    h->bucket[e * 32 + (v >> e)]++;
    h->count++;
    if (v > h->max) h->max = v;
}

static double hist_us(const Hist *h, double q)
{
    uint64_t want = q * h->count, sum = 0;
    for (int i = 0; i < 60 * 32; i++)
        if ((sum += h->bucket[i]) > want) {
            int e = i < 64 ? 0 : i / 32 - 1;
            uint64_t v = ((uint64_t)(i - e * 32) << e) + ((1ull << e) >> 1);
            return (v < h->max ? v : h->max) / 1e3;
        }
    return h->max / 1e3;
}

/* ---------------------------------------------------------------- the server's CPU and memory */

typedef struct { double cpu_s; long rss_kb, pss_kb; int procs; } Usage;

/* Adds one process and its descendants; memory only if asked, as reading it is slow. */
static void add_usage(int pid, bool memory, Usage *u)
{
    char path[300], buf[1024] = "";
    unsigned long ut, st;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    char *p = f && fread(buf, 1, sizeof buf - 1, f) ? strrchr(buf, ')') : NULL;  /* the name may hold spaces */
    if (f) fclose(f);
    if (!p || sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &ut, &st) != 2) return;
    u->procs++;
    u->cpu_s += (double)(ut + st) / sysconf(_SC_CLK_TCK);
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    if ((f = memory ? fopen(path, "r") : NULL)) {
        for (long kb; fgets(buf, sizeof buf, f);) {
            if (sscanf(buf, "Rss: %ld", &kb) == 1) u->rss_kb += kb;
            if (sscanf(buf, "Pss: %ld", &kb) == 1) u->pss_kb += kb;
        }
        fclose(f);
    }
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    for (struct dirent *t; tasks && (t = readdir(tasks));) {
        snprintf(path, sizeof path, "/proc/%d/task/%s/children", pid, t->d_name);
        if (!isdigit((unsigned char)*t->d_name) || !(f = fopen(path, "r"))) continue;
        for (int child; fscanf(f, "%d", &child) == 1;) add_usage(child, memory, u);
        fclose(f);
    }
    if (tasks) closedir(tasks);
}

static Usage server_usage(bool memory)
{
    Usage u = { 0 };
    for (int i = 0; i < o.npids; i++) add_usage(o.pids[i], memory, &u);
    return u;
}

/* ---------------------------------------------------------------- state */

typedef struct {
    int fd, index, channel;
    bool is_pub, slow, writable_wanted, ready;             /* ready: a subscriber that counts as open */
    enum { CLOSED, CONNECTING, HEAD, BODY, JOINING } state;
    /* response being read */
    int status;
    bool chunked, close_after, accept_ok, body_done;
    enum { SIZE_, EXT, DATA, DATA_END, TRAILER } chunk;
    int64_t left;                       /* of the chunk, or of the body; -1: until the server closes */
    int line_len;                       /* of the current chunk-size or trailer line */
    /* bytes kept between reads (chunked framing already removed), and bytes not yet written */
    char *in, *out, *frag;
    int in_len, in_cap, out_len, out_off, out_cap, frag_len, frag_cap;
    /* subscriber: messages seen (a bit each) and last sequence number of each publisher */
    uint64_t *seen, got;
    int64_t *last;
    /* publisher: request in flight */
    uint64_t sent_ns;
    bool busy, counted;
} Conn;

static enum Phase { OPENING, SETTLE1, WARMING, SETTLE2, RUNNING, SLOW_READ, DONE } phase;
static Conn *subs, *pubs, **idle;
static int ep, timer, n_idle, launched, opening, opened, open_failed, closed_early, pubs_open;
static char rbuf[KEEP_MAX + READ_MAX], first_error[512];
static int sent, per_channel, *subs_on;
static long acked, bad_acks, reconnects;
static uint64_t warm_expected, warm_got, expected, delivered, duplicated, reordered, misrouted, corrupt,
    other, slow_got;
static int slow_closed;
static uint64_t phase_end, run_start, last_delivery, last_ack, last_progress, due, backlog;
static Hist ack_lat, lat;
static Usage u_start, u_open, u_run, u_end;
static double own_run, own_end, open_s;

static void pump(uint64_t now);

static void note_error(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (!*first_error) vsnprintf(first_error, sizeof first_error, fmt, ap);
    va_end(ap);
    for (char *p = first_error; *p; p++) if (!isprint((unsigned char)*p) || strchr("\"\\", *p)) *p = ' ';
}

static void *grow(void *p, int *cap, int need)
{
    if (need <= *cap) return p;
    *cap = need < 256 ? 256 : need * 2;
    if (!(p = realloc(p, *cap))) die("out of memory");
    return p;
}

/* Writes t with %d replaced by the channel and %m by the message; returns the length. */
static int expand(char *to, const char *t, int channel, const char *msg, int msg_len)
{
    char *w = to;
    for (; *t; t++) {
        if (t[0] == '%' && t[1] == 'd') { w += sprintf(w, "%d", channel); t++; }
        else if (t[0] == '%' && t[1] == 'm' && msg) { memcpy(w, msg, msg_len); w += msg_len; t++; }
        else *w++ = *t;
    }
    *w = 0;
    return w - to;
}

/* ---------------------------------------------------------------- connections */

static void watch(Conn *c, int op, bool writable)
{
    struct epoll_event e = { .events = EPOLLIN | (writable ? EPOLLOUT : 0), .data.ptr = c };
    c->writable_wanted = writable;
    epoll_ctl(ep, op, c->fd, &e);
}

static void disconnect(Conn *c)
{
    if (c->state == CLOSED) return;
    close(c->fd);
    c->state = CLOSED;
    c->in_len = c->frag_len = 0;
}

/* A subscriber's connection ended, or never came to be. */
static void sub_lost(Conn *c, const char *why)
{
    note_error("subscriber %d: %s", c->index, why);
    disconnect(c);
    if (c->ready && c->slow) slow_closed++;
    else if (c->ready) closed_early++;
    else { opening--; open_failed++; }
}

static void flush_out(Conn *c)
{
    while (c->out_off < c->out_len) {
        ssize_t w = send(c->fd, c->out + c->out_off, c->out_len - c->out_off, MSG_NOSIGNAL);
        if (w < 0) break;                                  /* a dead connection shows when read */
        c->out_off += w;
    }
    bool more = c->out_off < c->out_len;
    if (!more) c->out_len = c->out_off = 0;
    if (more != c->writable_wanted) watch(c, EPOLL_CTL_MOD, more);
}

static void queue_out(Conn *c, const char *data, int n)
{
    c->out = grow(c->out, &c->out_cap, c->out_len + n);
    memcpy(c->out + c->out_len, data, n);
    c->out_len += n;
    if (c->state != CONNECTING) flush_out(c);
}

static void ws_send(Conn *c, int opcode, const char *data, int n)
{
    static const unsigned char mask[4] = { 0x5a, 0xc3, 0x17, 0x9e };
    char f[4 + 4 + 1024] = { 0x80 | opcode, 0x80 | (n < 126 ? n : 126), n >> 8, n };
    int h = n < 126 ? 2 : 4;
    if (n > 1024) die("a frame of %d bytes to send", n);
    memcpy(f + h, mask, 4);
    for (int i = 0; i < n; i++) f[h + 4 + i] = data[i] ^ mask[i & 3];
    queue_out(c, f, h + 4 + n);
}

static int port_of(const Conn *c) { return c->is_pub ? o.pub_port : o.ports[c->index % o.nports]; }

static void start_connect(Conn *c)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port_of(c)) };
    int one = 1;
    if (inet_pton(AF_INET, o.host, &a.sin_addr) != 1) die("--host takes an IPv4 address");
    if ((c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0)
        die("socket: %s (ulimit -n?)", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (c->slow && o.slow_rcvbuf)
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &o.slow_rcvbuf, sizeof o.slow_rcvbuf);
    c->state = CONNECTING;
    c->in_len = c->frag_len = 0;
    connect(c->fd, (struct sockaddr *)&a, sizeof a);       /* the outcome comes with EPOLLOUT */
    watch(c, EPOLL_CTL_ADD, true);
}

static void start_subscriber(Conn *c)
{
    char path[2048], req[12288];
    expand(path, o.sub_path, c->channel, NULL, 0);
    int n = snprintf(req, sizeof req, "GET %s HTTP/1.1\r\nHost: %s:%d\r\n%s%s%s\r\n", path, o.host, port_of(c),
        o.proto->ws ? "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        : !strcmp(o.proto->name, "sse") ? "Accept: text/event-stream\r\n" : "",
        o.headers, o.sub_headers);
    opening++;
    start_connect(c);
    queue_out(c, req, n);
}

static void sub_ready(Conn *c)
{
    c->ready = true;
    opening--;
    opened++;
    if (c->slow) epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, NULL);
    else subs_on[c->channel]++;
}

/* ---------------------------------------------------------------- publishing */

static bool may_send(uint64_t now)
{
    if (phase == WARMING) return sent < o.warmup;
    if (phase != RUNNING) return false;
    if (o.mode == PUBLISH) return now < phase_end;
    if (sent >= o.msgs || (o.rate > 0 && (uint64_t)sent >= due)) return false;
    return !o.window || expected - delivered < (uint64_t)o.window * subs_on[sent % o.channels];
}

static void publish(Conn *c, uint64_t now)
{
    static char *msg, *body, *req;
    static int msg_cap, body_cap, req_cap;
    int channel = sent % o.channels;
    bool held = phase == RUNNING && o.rate > 0 && (uint64_t)sent < backlog;
    uint64_t stamp = held ? (uint64_t)(run_start + sent * 1e9 / o.rate) : now;

    msg = grow(msg, &msg_cap, o.size + 1);
    int n = sprintf(msg, "~L%c %d %d %d %llu ", phase == WARMING ? 'W' : 'G', c->index, sent / o.channels,
                    channel, (unsigned long long)stamp);
    memset(msg + n, 'x', o.size - n);
    if (o.newline) msg[o.size - 1] = '\n';

    body = grow(body, &body_cap, strlen(o.body) + o.size * 4 + 64);
    int body_len = expand(body, o.body, channel, msg, o.size);
    req = grow(req, &req_cap, body_len + 16384);
    n = sprintf(req, "POST ");
    n += expand(req + n, o.pub_path, channel, NULL, 0);
    n += sprintf(req + n, " HTTP/1.1\r\nHost: %s:%d\r\nContent-Length: %d\r\n%s%s\r\n", o.host, o.pub_port,
                 body_len, o.headers, o.pub_headers);
    memcpy(req + n, body, body_len);

    c->busy = true;
    c->status = 0;
    c->counted = phase == RUNNING;
    c->sent_ns = stamp;
    if (c->counted) expected += subs_on[channel];
    else warm_expected += subs_on[channel];
    sent++;
    if (c->state == CLOSED) { reconnects++; start_connect(c); }
    else c->state = HEAD;
    queue_out(c, req, n + body_len);
}

static void ack(Conn *c, bool ok)
{
    uint64_t now = now_ns();
    if (c->counted) {
        if (ok) hist_add(&ack_lat, now - c->sent_ns);
        acked += ok;
        bad_acks += !ok;
        last_ack = last_progress = now;
    }
    c->busy = false;
    if (c->close_after) disconnect(c);
    idle[n_idle++] = c;
    pump(now);
}

static void pub_lost(Conn *c, const char *why)
{
    bool first = c->state == CONNECTING;
    disconnect(c);
    if (first) die("cannot connect to %s:%d: %s", o.host, o.pub_port, why);
    if (!c->busy) return;                                  /* reconnected when next used */
    bool whole = c->left < 0 && c->status;                 /* a body that ends with the connection */
    if (!whole) note_error("publisher %d: %s before the ack", c->index, why);
    ack(c, whole && c->status / 100 == 2);
}

static void lost(Conn *c, const char *why) { (c->is_pub ? pub_lost : sub_lost)(c, why); }

static void pump(uint64_t now)
{
    while (n_idle > 0 && may_send(now)) publish(idle[--n_idle], now);
}

/* ---------------------------------------------------------------- deliveries */

static bool number(const char **p, const char *end, uint64_t *v)
{
    const char *s = *p;
    for (*v = 0; s < end && *s >= '0' && *s <= '9'; s++) *v = *v * 10 + (*s - '0');
    bool ok = s > *p && s < end && *s == ' ';
    *p = s + 1;
    return ok;
}

/* One complete message, however it was framed. */
static void on_message(Conn *c, const char *p, int n, uint64_t now)
{
    const struct Proto *x = o.proto;
    const char *m = n >= 4 && !memcmp(p, "~L", 2) ? p : memmem(p, n, "~L", 2), *end = p + n;
    if (!m) {
        if (x->ping && n == (int)strlen(x->ping) && !memcmp(p, x->ping, n)) ws_send(c, 1, x->pong, strlen(x->pong));
        else if (c->state == JOINING && n >= (int)strlen(x->join_on) && !memcmp(p, x->join_on, strlen(x->join_on))) {
            char join[512];
            ws_send(c, 1, join, expand(join, x->join, c->channel, NULL, 0));
        } else if (c->state == JOINING && memmem(p, n, x->ready, strlen(x->ready))) { c->state = BODY; sub_ready(c); }
        else other++;
        return;
    }
    const char *s = m + 4;
    uint64_t pub, seq, channel, t;
    int size = o.size - o.newline;
    while (m == p && end > p && (end[-1] == '\n' || end[-1] == '\r')) end--;
    if (end - m < size || m[size - 1] != 'x' || (m == p && end - m != size) || !number(&s, end, &pub) ||
        !number(&s, end, &seq) || !number(&s, end, &channel) || !number(&s, end, &t) ||
        pub >= (uint64_t)o.pubs) { corrupt++; return; }
    if (m[2] == 'W') { warm_got++; return; }
    if (seq >= (uint64_t)per_channel) { corrupt++; return; }
    if ((int)channel != c->channel) { misrouted++; return; }
    uint64_t bit = 1ull << (seq & 63);
    if (c->seen[seq >> 6] & bit) { duplicated++; return; }
    c->seen[seq >> 6] |= bit;
    c->got++;
    if (c->last[pub] > (int64_t)seq) reordered++;
    else c->last[pub] = seq;
    if (c->slow) { slow_got++; last_progress = now; return; }
    delivered++;
    hist_add(&lat, now - t);
    last_delivery = last_progress = now;
}

static void on_frame(Conn *c, const char *p, int n, uint64_t now)
{
    if (!o.proto->sep) { on_message(c, p, n, now); return; }
    for (const char *e; n > 0 && (e = memchr(p, o.proto->sep, n)); n -= e + 1 - p, p = e + 1)
        on_message(c, p, e - p, now);
}

/* The three parsers take what has come so far and return how much of it they are done with. */

static int parse_lines(Conn *c, char *p, int n, uint64_t now)
{
    int done = 0;
    for (char *e; (e = memchr(p + done, '\n', n - done)); done = e + 1 - p) {
        int len = e - (p + done);
        if (len && p[done + len - 1] == '\r') len--;
        if (len) on_message(c, p + done, len, now);
    }
    return done;
}

static int parse_sse(Conn *c, char *p, int n, uint64_t now)
{
    int done = 0, at = 0, len = -1;                        /* event start, line start, data so far */
    char *data = NULL;
    for (char *e; (e = memchr(p + at, '\n', n - at)); at = e + 1 - p) {
        char *line = p + at;
        int l = e - line;
        if (l && line[l - 1] == '\r') l--;
        if (l == 0) {                                      /* a blank line ends the event */
            if (len >= 0) on_message(c, data, len, now);
            done = e + 1 - p;
            len = -1;
        } else if (l >= 5 && !memcmp(line, "data:", 5)) {
            int skip = l > 5 && line[5] == ' ' ? 6 : 5;
            if (len < 0) { data = line + skip; len = l - skip; }
            else {                                         /* join further data lines in place */
                c->frag = grow(c->frag, &c->frag_cap, len + 1 + l);
                if (data != c->frag) memcpy(c->frag, data, len);
                data = c->frag;
                data[len++] = '\n';
                memcpy(data + len, line + skip, l - skip);
                len += l - skip;
            }
        }                                                  /* comments, id, event, retry: ignored */
    }
    return done;
}

static int parse_ws(Conn *c, char *p, int n, uint64_t now)
{
    int done = 0;
    while (n - done >= 2 && c->state != CLOSED) {
        unsigned char *f = (unsigned char *)p + done;
        int head = (f[1] & 127) == 127 ? 10 : (f[1] & 127) == 126 ? 4 : 2;
        if (n - done < head) break;
        uint64_t len = f[1] & 127;
        if (head > 2) for (len = 0, head = 2; head < (f[1] == 127 ? 10 : 4); head++) len = len << 8 | f[head];
        if ((f[0] & 0x70) || (f[1] & 0x80) || len > KEEP_MAX / 2) { sub_lost(c, "bad WebSocket frame"); break; }
        if ((uint64_t)(n - done) < head + len) break;
        char *body = (char *)f + head;
        bool fin = f[0] & 0x80;
        int opcode = f[0] & 15;
        done += head + len;
        if (opcode == 9) ws_send(c, 10, body, len);
        else if (opcode == 8) { ws_send(c, 8, body, len < 2 ? 0 : 2); sub_lost(c, "server sent a close frame"); }
        else if (opcode <= 2) {
            if (opcode && fin) { on_frame(c, body, len, now); continue; }
            if (opcode) c->frag_len = 0;
            c->frag = grow(c->frag, &c->frag_cap, c->frag_len + len);
            memcpy(c->frag + c->frag_len, body, len);
            c->frag_len += len;
            if (fin) on_frame(c, c->frag, c->frag_len, now);
        } else if (opcode != 10) sub_lost(c, "unknown WebSocket opcode");
    }
    return done;
}

/* ---------------------------------------------------------------- HTTP responses */

static bool header(const char *line, const char *name, const char **value)
{
    size_t n = strlen(name);
    if (strncasecmp(line, name, n) || line[n] != ':') return false;
    for (*value = line + n + 1; **value == ' ' || **value == '\t';) ++*value;
    return true;
}

/* Reads a response head; returns its length, 0 if it is not all there, -1 if it is none. */
static int parse_head(Conn *c, const char *p, int n)
{
    const char *end = memmem(p, n, "\r\n\r\n", 4), *v;
    if (n >= 8 && memcmp(p, "HTTP/1.", 7)) return -1;
    if (!end) return n < 65536 ? 0 : -1;
    c->status = atoi(p + 9);
    c->chunked = c->accept_ok = c->body_done = false;
    c->close_after = p[7] == '0';
    c->left = -1;
    c->chunk = SIZE_;
    c->line_len = 0;
    for (const char *l = p; (l = memmem(l, end + 2 - l, "\r\n", 2)) && (l += 2) < end;) {
        if (header(l, "Content-Length", &v)) c->left = atoll(v);
        else if (header(l, "Transfer-Encoding", &v)) c->chunked = !strncasecmp(v, "chunked", 7);
        else if (header(l, "Connection", &v)) c->close_after = !strncasecmp(v, "close", 5);
        else if (header(l, "Sec-WebSocket-Accept", &v)) c->accept_ok = !memcmp(v, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28);
    }
    if (c->status == 204 || c->status == 304) { c->left = 0; c->chunked = false; }
    if (c->chunked) c->left = 0;
    return end + 4 - p;
}

/* Removes chunked framing in place; returns the number of body bytes, -1 if the framing is wrong.
 * Its state is in c, so a read may end anywhere. */
static int dechunk(Conn *c, char *p, int n)
{
    char *start = p, *w = p, *end = p + n;
    while (p < end && !c->body_done) {
        if (c->chunk == DATA) {
            int k = end - p < c->left ? end - p : c->left;
            memmove(w, p, k);
            w += k;
            p += k;
            if (!(c->left -= k)) { c->chunk = DATA_END; c->line_len = 0; }
            continue;
        }
        char ch = *p++;
        if (ch == '\r') continue;
        if (ch != '\n') {
            c->line_len++;
            if (c->chunk == SIZE_ && ch == ';') c->chunk = EXT;
            else if (c->chunk == SIZE_) {
                if (!isxdigit((unsigned char)ch) || c->line_len > 8) return -1;
                c->left = c->left << 4 | (isdigit((unsigned char)ch) ? ch - '0' : (ch | 32) - 'a' + 10);
            } else if (c->chunk == DATA_END) return -1;
            continue;
        }
        if (c->chunk == DATA_END) { c->chunk = SIZE_; c->left = 0; }
        else if (c->chunk == TRAILER) c->body_done = !c->line_len;
        else if (!c->line_len) return -1;
        else c->chunk = c->left ? DATA : TRAILER;
        c->line_len = 0;
    }
    return w - start;
}

static void keep(Conn *c, const char *p, int n)
{
    c->in = grow(c->in, &c->in_cap, n);
    memcpy(c->in, p, n);
    c->in_len = n;
}

static void pub_body(Conn *c, char *p, int n)
{
    if (c->chunked) {
        if (dechunk(c, p, n) < 0) { pub_lost(c, "bad chunked framing"); return; }
    } else if (c->left >= 0) c->body_done = (c->left -= n < c->left ? n : c->left) == 0;
    if (c->status / 100 != 2) note_error("publish answered %d: %.*s", c->status, n > 200 ? 200 : n, p);
    if (c->body_done) { c->state = HEAD; ack(c, c->status / 100 == 2); }
}

static void sub_head_done(Conn *c, const char *body, int n)
{
    if (c->status != (o.proto->ws ? 101 : 200)) {
        char why[256];
        snprintf(why, sizeof why, "answered %d: %.*s", c->status, n > 160 ? 160 : n, body);
        sub_lost(c, why);
    } else if (o.proto->ws && !c->accept_ok) sub_lost(c, "wrong Sec-WebSocket-Accept");
    else if (o.proto->hello) { c->state = JOINING; ws_send(c, 1, o.proto->hello, strlen(o.proto->hello)); }
    else if (!c->ready) sub_ready(c);
}

static void conn_read(Conn *c)
{
    int old = c->in_len;                                    /* already free of chunked framing */
    if (old) memcpy(rbuf, c->in, old);
    ssize_t r = read(c->fd, rbuf + old, READ_MAX);
    if (r < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (r <= 0) { lost(c, r ? strerror(errno) : "closed by the server"); return; }
    uint64_t now = now_ns();
    char *p = rbuf;
    int n = old + r;
    c->in_len = 0;
    while (c->state == HEAD) {
        int h = parse_head(c, p, n);
        if (h < 0) { lost(c, "not an HTTP response"); return; }
        if (h == 0) { keep(c, p, n); return; }
        p += h;
        n -= h;
        old = 0;
        if (c->status / 100 == 1 && c->status != 101) continue;
        c->state = BODY;
        if (!c->is_pub) sub_head_done(c, p, n);
        if (c->state == CLOSED) return;
    }
    if (c->is_pub) {
        if (c->busy) pub_body(c, p, n);
        return;
    }
    if (c->chunked && !o.proto->ws) {
        int body = dechunk(c, p + old, n - old);
        if (body < 0) { sub_lost(c, "bad chunked framing"); return; }
        n = old + body;
    }
    int done = o.proto->ws ? parse_ws(c, p, n, now)
             : !strcmp(o.proto->name, "sse") ? parse_sse(c, p, n, now) : parse_lines(c, p, n, now);
    if (c->state == CLOSED) return;
    if (c->body_done) { sub_lost(c, "server ended the response"); return; }
    if (n - done > KEEP_MAX) { sub_lost(c, "message too long"); return; }
    if (n > done) keep(c, p + done, n - done);
}

static void conn_event(Conn *c, uint32_t events)
{
    if (c->state == CLOSED) return;
    if (c->state == CONNECTING) {
        int err = 0;
        socklen_t len = sizeof err;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
        if (err) { lost(c, strerror(err)); return; }
        c->state = HEAD;
        flush_out(c);
        if (c->is_pub && !c->busy) pubs_open++;
        if (!c->is_pub && o.ready_when_sent) sub_ready(c);
        return;
    }
    if (events & EPOLLOUT) flush_out(c);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) conn_read(c);
}

/* ---------------------------------------------------------------- phases */

static void enter(enum Phase next, uint64_t now, double seconds)
{
    phase = next;
    phase_end = now + seconds * 1e9;
    last_progress = now;
}

static void start_run(uint64_t now)
{
    sent = 0;
    u_run = server_usage(false);
    own_run = own_cpu_s();
    run_start = now = now_ns();
    enter(RUNNING, now, o.time);
    if (o.mode == FANOUT && o.rate > 0) {
        long ns = 1e9 / o.rate > 50000 ? 1e9 / o.rate : 50000;
        struct itimerspec it = { .it_interval = { ns / 1000000000, ns % 1000000000 }, .it_value = { 0, 1 } };
        timerfd_settime(timer, 0, &it, NULL);
    } else pump(now);
}

static void end_run(uint64_t now)
{
    u_end = server_usage(false);
    own_end = own_cpu_s();
    Usage m = server_usage(true);
    u_end.rss_kb = m.rss_kb;
    u_end.pss_kb = m.pss_kb;
    enter(o.slow ? SLOW_READ : DONE, now, 0);
    for (int i = 0; i < o.slow; i++) if (subs[i].state != CLOSED) watch(&subs[i], EPOLL_CTL_ADD, false);
}

static void step(void)
{
    uint64_t now = now_ns();
    bool quiet = now - last_progress > o.drain * 1e9;
    switch (phase) {
    case OPENING:
        while (launched < o.subs && opening < OPEN_AT_ONCE) start_subscriber(&subs[launched++]);
        if (opened + open_failed < o.subs || pubs_open < o.pubs) {
            if (now - run_start > 40e9) { note_error("gave up opening after 40 s"); launched = o.subs; }
            else break;
        }
        open_s = (now - run_start) / 1e9;
        enter(SETTLE1, now, o.settle);
        break;
    case SETTLE1:
        if (now < phase_end) break;
        u_open = server_usage(true);
        if (o.warmup) { enter(WARMING, now, 15); pump(now); }
        else start_run(now);
        break;
    case WARMING:
        if ((sent == o.warmup && n_idle == o.pubs && warm_got >= warm_expected) || now > phase_end)
            enter(SETTLE2, now, o.settle);
        break;
    case SETTLE2:
        if (now >= phase_end) start_run(now);
        break;
    case RUNNING:
        if (o.mode == FANOUT) {
            pump(now);
            if ((sent == o.msgs && n_idle == o.pubs && delivered >= expected) || quiet) end_run(now);
        } else if (now >= phase_end && (n_idle == o.pubs || quiet)) end_run(now);
        break;
    case SLOW_READ:
        if (now - last_progress > 1e9) phase = DONE;
        break;
    case DONE: break;
    }
}

static void on_timer(void)
{
    uint64_t ticks, now = now_ns();
    if (read(timer, &ticks, sizeof ticks) < 0) return;
    due = (now - run_start) / 1e9 * o.rate + 1;
    pump(now);
    backlog = due;                                          /* what is due and still unsent was held back */
}

/* ---------------------------------------------------------------- report */

static void put(const char *key, double v)
{
    char num[64];
    snprintf(num, sizeof num, v == (long long)v ? "%.0f" : v < 10 ? "%.3f" : "%.1f", v);
    printf(o.json ? ",\"%s\":%s" : "  %-28s %s\n", key, num);
}

static void put_hist(const char *what, const Hist *h)
{
    static const char *const names[] = { "p50", "p90", "p99", "max" };
    static const double q[] = { .5, .9, .99, 1 };
    for (int i = 0; i < 4; i++) {
        char key[64];
        snprintf(key, sizeof key, "%s_us_%s", what, names[i]);
        put(key, hist_us(h, q[i]));
    }
}

static void report(void)
{
    static const char *const modes[] = { "fanout", "idle", "publish" };
    uint64_t end = o.mode == IDLE ? phase_end : last_delivery > last_ack ? last_delivery : last_ack;
    double wall = end > run_start ? (end - run_start) / 1e9 : 1e-9;
    double ack_wall = last_ack > run_start ? (last_ack - run_start) / 1e9 : 1e-9;
    double server_cpu = u_end.cpu_s - u_run.cpu_s, own_cpu = own_end - own_run;
    if (o.json) printf("{\"mode\":\"%s\",\"proto\":\"%s\",\"label\":\"%s\",\"first_error\":\"%s\"", modes[o.mode],
                       o.mode == PUBLISH ? "" : o.proto->name, o.label, first_error);
    else printf("%s %s %s\n", modes[o.mode], o.mode == PUBLISH ? "" : o.proto->name, o.label);
    if (!o.json && *first_error) printf("  first error: %s\n", first_error);
    if (o.mode != PUBLISH) {
        put("subs", o.subs), put("subs_opened", opened), put("subs_failed", open_failed);
        put("subs_closed_early", closed_early), put("subs_stayed", opened - closed_early - slow_closed);
        put("open_s", open_s);
    }
    put("channels", o.channels);
    if (o.mode != IDLE) {
        put("pubs", o.pubs), put("size", o.size), put("rate", o.rate), put("sent", sent);
        put("acked", acked), put("ack_errors", bad_acks), put("reconnects", reconnects);
        put("acks_per_s", acked / ack_wall), put_hist("ack", &ack_lat);
    }
    if (o.mode == FANOUT) {
        put("expected", expected), put("delivered", delivered), put("lost", expected - delivered);
        put("duplicated", duplicated), put("reordered", reordered), put("misrouted", misrouted);
        put("corrupt", corrupt), put("other_messages", other);
        put("deliveries_per_s", delivered / wall), put_hist("latency", &lat);
    }
    if (o.slow) put("slow_subs", o.slow), put("slow_received", slow_got), put("slow_closed_by_server", slow_closed);
    put("wall_s", wall), put("client_cpu_s", own_cpu), put("client_busy_pct", 100 * own_cpu / wall);
    if (delivered) put("client_cpu_us_per_delivery", own_cpu * 1e6 / delivered);
    if (o.npids) {
        put("server_procs", u_open.procs), put("server_cpu_s", server_cpu), put("server_busy_pct", 100 * server_cpu / wall);
        if (delivered) put("server_cpu_us_per_delivery", server_cpu * 1e6 / delivered);
        if (acked) put("server_cpu_us_per_publish", server_cpu * 1e6 / acked);
        put("server_rss_kb_start", u_start.rss_kb), put("server_pss_kb_start", u_start.pss_kb);
        put("server_rss_kb_open", u_open.rss_kb), put("server_pss_kb_open", u_open.pss_kb);
        put("server_rss_kb_end", u_end.rss_kb), put("server_pss_kb_end", u_end.pss_kb);
        if (opened) put("server_pss_kb_per_conn", (double)(u_open.pss_kb - u_start.pss_kb) / opened);
    }
    puts(o.json ? "}" : "");
}

int main(int argc, char **argv)
{
    parse_options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    struct rlimit fds;
    getrlimit(RLIMIT_NOFILE, &fds);
    fds.rlim_cur = fds.rlim_max;
    setrlimit(RLIMIT_NOFILE, &fds);
    if (fds.rlim_cur < (rlim_t)o.subs + o.pubs + 16) die("needs more file descriptors: ulimit -n");

    per_channel = (o.msgs + o.channels - 1) / o.channels;
    subs = calloc(o.subs + 1, sizeof *subs);
    pubs = calloc(o.pubs + 1, sizeof *pubs);
    idle = calloc(o.pubs + 1, sizeof *idle);
    subs_on = calloc(o.channels, sizeof *subs_on);
    for (int i = 0; i < o.subs; i++) {
        subs[i] = (Conn){ .index = i, .channel = i % o.channels, .slow = i < o.slow };
        if (o.mode != FANOUT) continue;
        subs[i].seen = calloc(per_channel / 64 + 1, sizeof(uint64_t));
        subs[i].last = malloc(o.pubs * sizeof(int64_t));
        for (int k = 0; k < o.pubs; k++) subs[i].last[k] = -1;
    }
    ep = epoll_create1(0);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event te = { .events = EPOLLIN, .data.ptr = NULL };
    epoll_ctl(ep, EPOLL_CTL_ADD, timer, &te);
    u_start = server_usage(true);
    run_start = now_ns();
    enter(OPENING, run_start, 0);
    for (int i = 0; i < o.pubs; i++) {
        pubs[i] = (Conn){ .index = i, .is_pub = true };
        idle[n_idle++] = &pubs[i];
        start_connect(&pubs[i]);
    }
    static struct epoll_event ev[512];
    for (step(); phase != DONE; step()) {
        int n = epoll_wait(ep, ev, 512, phase == RUNNING || phase == WARMING ? 100 : 10);
        for (int i = 0; i < n; i++) {
            if (ev[i].data.ptr) conn_event(ev[i].data.ptr, ev[i].events);
            else on_timer();
        }
    }
    report();
    bool fine = !open_failed && !bad_acks && !closed_early && expected == delivered &&
                !(duplicated | reordered | misrouted | corrupt);
    return fine ? 0 : 1;
}
