/* A slow line: forwards connections as a line of so many bits a second, with delay and loss, would.

   line PORT TARGET-PORT BITS-PER-SECOND DELAY-MS LOSS-PER-MILLE [SEED [reno]]
       prints "ready"; for each line of its input:
         (empty)            prints UP DOWN CONNECTIONS CUTS since the last time
         cut OCTETS TIMES   all connections are cut each time that so many octets have gone, so many times
         drop               cuts all connections now
   line plain PORT TARGET-PORT OCTETS
       what the line gives a plain stream: sends so many octets from TARGET-PORT through PORT; prints SECONDS

   Each way has its own rate, shared by all connections in order of arrival, and the delay. Octets travel in segments of
   1,460. One of them that is lost comes a round trip and 20 ms later, if that is lost too twice as much later again, and on
   its connection nothing behind it is delivered before. What is sent again takes its time on the line. A connection has at
   most 64 KB under way and waiting, so that its sender feels the line; with `reno` fewer: a window that grows by a
   segment a round trip and is halved by a loss. A new connection waits a round trip. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SEGMENT = 1460, WINDOW = 65536, CONNECTIONS = 512 };

static double rate, delay, loss;
static int reno;

struct segment {
  struct segment *next;
  double arrives, acknowledged;
  int size, done, ends, delivered;
  char octets[SEGMENT];
};

/* One way of the line. */
struct way {
  double free_at;
  uint64_t dice;
  long octets;
};

static struct way ways[2];

/* One way of one connection. */
struct stream {
  int from, to, ended, blocked;
  struct way *way;
  struct segment *first, *last;
  int under_way;
  double earliest, delivered, window, threshold, halved;
};

static struct connection {
  int open;
  struct stream streams[2];
} connections[CONNECTIONS];

static long opened, cuts, cut_each, cut_at, cuts_left;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int is_lost(struct way *way) {
  way->dice ^= way->dice << 13, way->dice ^= way->dice >> 7, way->dice ^= way->dice << 17;
  return (way->dice >> 11) % 1000000 < loss * 1000000;
}

static void append(struct stream *s, struct segment *g) {
  g->next = NULL;
  if (s->last) s->last->next = g;
  else s->first = g;
  s->last = g;
}

/* Puts a segment on the line. */
static void give(struct stream *s, struct segment *g, double time) {
  struct way *way = s->way;
  double starts = time > way->free_at ? time : way->free_at, later = 0, again = 2 * delay + 0.02;
  if (starts < s->earliest) starts = s->earliest;
  double takes = g->size * 8 / rate;
  way->free_at = starts + takes;
  for (; g->size && is_lost(way) && later < 60; again *= 2) {
    later += again;
    way->free_at += takes;
  }
  g->arrives = starts + takes + delay + later;
  g->acknowledged = g->arrives + delay;
  if (g->arrives < s->delivered) g->arrives = s->delivered;
  s->delivered = g->arrives;
  if (reno && later > 0 && starts > s->halved) {
    s->threshold = s->window = s->window / 2 > 2 * SEGMENT ? s->window / 2 : 2 * SEGMENT;
    s->halved = starts + 2 * delay;
  }
  s->under_way += g->size;
  append(s, g);
}

static void take(struct stream *s, double time) {
  while (!s->ended && s->under_way + SEGMENT <= s->window) {
    struct segment *g = malloc(sizeof *g);
    ssize_t got = recv(s->from, g->octets, SEGMENT, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      free(g);
      return;
    }
    g->size = got > 0 ? got : 0;
    g->done = g->delivered = 0;
    g->ends = s->ended = got <= 0;
    s->way->octets += g->size;
    give(s, g, time);
  }
}

static void let_go(struct connection *c, int cut) {
  struct linger at_once = {1, 0};
  for (int i = 0; i < 2; i++) {
    if (cut) setsockopt(c->streams[i].from, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    for (struct segment *g = c->streams[i].first, *next; g; g = next) (next = g->next), free(g);
  }
  close(c->streams[0].from);
  close(c->streams[1].from);
  c->open = 0;
}

/* Hands over what has arrived. Nonzero where the connection is gone. */
static int deliver(struct stream *s, double time) {
  s->blocked = 0;
  for (struct segment *g = s->first; g && g->arrives <= time; g = g->next) {
    if (g->delivered) continue;
    while (g->done < g->size) {
      ssize_t sent = send(s->to, g->octets + g->done, g->size - g->done, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) return s->blocked = 1, 0;
      if (sent < 0) return 1;
      g->done += sent;
    }
    g->delivered = 1;
    if (g->ends) shutdown(s->to, SHUT_WR);
  }
  while (s->first && s->first->delivered && s->first->acknowledged <= time && !s->first->ends) {
    struct segment *g = s->first;
    s->under_way -= g->size;
    if (reno) s->window += s->window < s->threshold ? g->size : (double)SEGMENT * g->size / s->window;
    if (s->window > WINDOW) s->window = WINDOW;
    s->first = g->next;
    if (!s->first) s->last = NULL;
    free(g);
  }
  return 0;
}

static double next_time(struct stream *s) {
  for (struct segment *g = s->first; g; g = g->next)
    if (!g->delivered) {
      double sooner = s->first->delivered && !s->first->ends ? s->first->acknowledged : g->arrives;
      return s->blocked ? 1e300 : g->arrives < sooner ? g->arrives : sooner;
    }
  return s->first && !s->first->ends ? s->first->acknowledged : 1e300;
}

static struct sockaddr_in address(int port) {
  struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons(port)};
  made.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return made;
}

/* Little is kept by the system: what waits, waits at the sender. */
static int made_socket(void) {
  int one = socket(AF_INET, SOCK_STREAM, 0), on = 1, little = 8192;
  setsockopt(one, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(one, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
  setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return one;
}

static int listening(int port) {
  struct sockaddr_in at = address(port);
  int one = made_socket();
  if (bind(one, (struct sockaddr *)&at, sizeof at) || listen(one, 256)) fail("listen");
  return one;
}

static void open_connection(int listener, int target) {
  int on = 1, here = accept(listener, NULL, NULL), there = made_socket();
  struct sockaddr_in to = address(target);
  struct connection *c = connections;
  while (c < connections + CONNECTIONS && c->open) c++;
  if (here < 0 || c == connections + CONNECTIONS || connect(there, (struct sockaddr *)&to, sizeof to)) {
    close(here);
    close(there);
    return;
  }
  setsockopt(here, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  memset(c, 0, sizeof *c);
  c->open = 1;
  opened++;
  for (int i = 0; i < 2; i++)
    c->streams[i] = (struct stream){.from = i ? there : here, .to = i ? here : there, .way = &ways[i],
                                    .window = reno ? 10 * SEGMENT : WINDOW, .threshold = WINDOW,
                                    .earliest = now() + 2 * delay};
}

static void cut_all(void) {
  for (struct connection *c = connections; c < connections + CONNECTIONS; c++)
    if (c->open) let_go(c, 1);
  cuts++;
}

/* False at the end of the input. */
static int obey(void) {
  static long told[2];
  char line[64];
  if (!fgets(line, sizeof line, stdin)) return 0;
  long octets = ways[0].octets + ways[1].octets;
  if (!strncmp(line, "drop", 4)) {
    cut_all();
  } else if (!strncmp(line, "cut ", 4)) {
    if (sscanf(line + 4, "%ld %ld", &cut_each, &cuts_left) != 2) cuts_left = 0;
    cut_at = octets + cut_each;
  } else {
    printf("%ld %ld %ld %ld\n", ways[0].octets - told[0], ways[1].octets - told[1], opened, cuts);
    fflush(stdout);
    told[0] = ways[0].octets, told[1] = ways[1].octets, opened = cuts = 0;
  }
  return 1;
}

static int carry(int port, int target) {
  int listener = listening(port);
  setvbuf(stdin, NULL, _IONBF, 0);
  puts("ready");
  fflush(stdout);
  for (;;) {
    static struct pollfd watched[2 + 4 * CONNECTIONS];
    int count = 2;
    double time = now(), next = 1e300;
    watched[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    watched[1] = (struct pollfd){.fd = 0, .events = POLLIN};
    for (struct connection *c = connections; c < connections + CONNECTIONS; c++) {
      for (int i = 0; c->open && i < 2; i++) {
        struct stream *s = &c->streams[i];
        if (deliver(s, time)) let_go(c, 1);
        else take(s, time);
      }
      if (c->open && c->streams[0].first && c->streams[1].first && c->streams[0].first->ends &&
          c->streams[1].first->ends && c->streams[0].first->delivered && c->streams[1].first->delivered)
        let_go(c, 0);
      for (int i = 0; c->open && i < 2; i++) {
        struct stream *s = &c->streams[i];
        double wakes = next_time(s);
        if (wakes < next) next = wakes;
        if (!s->ended && s->under_way + SEGMENT <= s->window)
          watched[count++] = (struct pollfd){.fd = s->from, .events = POLLIN};
        if (s->blocked) watched[count++] = (struct pollfd){.fd = s->to, .events = POLLOUT};
      }
    }
    if (cuts_left > 0 && ways[0].octets + ways[1].octets >= cut_at) {
      cut_at += cut_each;
      cuts_left--;
      cut_all();
      continue;
    }
    double wait = next - now();
    if (wait < 0) wait = 0;
    struct timespec patience = {(time_t)(wait > 1000 ? 1000 : wait), 0};
    if (wait < 1000) patience.tv_nsec = (long)((wait - (time_t)wait) * 1e9);
    if (ppoll(watched, count, &patience, NULL) < 0 && errno != EINTR) fail("poll");
    if (watched[0].revents) open_connection(listener, target);
    if (watched[1].revents && !obey()) return 0;
  }
}

static long plain_octets;

static void *pour(void *argument) {
  static char zeros[65536];
  int one = accept((int)(long)argument, NULL, NULL);
  for (long left = plain_octets; left > 0;) {
    ssize_t sent = write(one, zeros, left < 65536 ? left : 65536);
    if (sent <= 0) break;
    left -= sent;
  }
  close(one);
  return NULL;
}

static int plain(int port, int target) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, pour, (void *)(long)listening(target))) fail("thread");
  double begun = now();
  int one = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in to = address(port);
  if (connect(one, (struct sockaddr *)&to, sizeof to)) fail("connect");
  char octets[65536];
  long sum = 0;
  for (ssize_t got; (got = read(one, octets, sizeof octets)) > 0;) sum += got;
  if (sum != plain_octets) return fprintf(stderr, "%ld octets came\n", sum), 1;
  return printf("%.3f\n", now() - begun) < 0;
}

int main(int count, char **words) {
  signal(SIGPIPE, SIG_IGN);
  if (count == 5 && !strcmp(words[1], "plain")) {
    plain_octets = atol(words[4]);
    return plain(atoi(words[2]), atoi(words[3]));
  }
  if (count < 6) return fprintf(stderr, "usage: line PORT TARGET-PORT BITS DELAY-MS LOSS-PER-MILLE …\n"), 2;
  rate = atof(words[3]), delay = atof(words[4]) / 1000, loss = atof(words[5]) / 1000;
  uint64_t seed = count > 6 ? strtoull(words[6], NULL, 10) : 1;
  reno = count > 7 && !strcmp(words[7], "reno");
  for (int i = 0; i < 2; i++) ways[i].dice = (seed * 2 + i + 1) * 0x9E3779B97F4A7C15u;
  return carry(atoi(words[1]), atoi(words[2]));
}
