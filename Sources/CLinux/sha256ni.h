// SHA-256 by the SHA extensions of x86 processors. Intel SDM vol. 2, SHA256RNDS2 and neighbours.
// Static inline with a target attribute: the program itself is built for processors without them.
// Compiler builtins instead of <immintrin.h>: that header's module brings libc types of its own.
#pragma once
#if defined(__x86_64__)
#include <stddef.h>
#include <stdint.h>

typedef int sha256ni_words __attribute__((vector_size(16)));
typedef int sha256ni_unaligned __attribute__((vector_size(16), aligned(1), may_alias));
typedef char sha256ni_octets __attribute__((vector_size(16)));

typedef uint32_t sha256ni_unsigned __attribute__((vector_size(16)));

static inline sha256ni_words sha256ni_sum(sha256ni_words one, sha256ni_words other) {
  return (sha256ni_words)((sha256ni_unsigned)one + (sha256ni_unsigned)other);
}

static inline void sha256ni_cpuid(uint32_t leaf, uint32_t *a, uint32_t *b, uint32_t *c) {
  uint32_t d;
  *a = leaf;
  *c = 0;
  __asm__ volatile("cpuid" : "+a"(*a), "=b"(*b), "+c"(*c), "=d"(d));
}

// Whether this processor has the instructions that sha256ni_compress uses.
static inline int sha256ni_available(void) {
  uint32_t a, b, c;
  sha256ni_cpuid(0, &a, &b, &c);
  if (a < 7) return 0;
  sha256ni_cpuid(1, &a, &b, &c);
  int has_sse = (c >> 9 & 1) && (c >> 19 & 1);
  sha256ni_cpuid(7, &a, &b, &c);
  return has_sse && (b >> 29 & 1);
}

#define SHA256NI_LOAD(address) ((sha256ni_words)*(const sha256ni_unaligned *)(address))

// Four words of the message, each big-endian.
#define SHA256NI_MESSAGE(group)                                                \
  ((sha256ni_words)__builtin_shufflevector(                                    \
      (sha256ni_octets)SHA256NI_LOAD(blocks + 16 * (group)),                   \
      (sha256ni_octets)SHA256NI_LOAD(blocks + 16 * (group)),                   \
      3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12))

// Four rounds on the two halves of the state.
#define SHA256NI_ROUNDS(words, group)                                          \
  do {                                                                         \
    sha256ni_words sum =                                                       \
        sha256ni_sum(words, SHA256NI_LOAD(constants + 4 * (group)));           \
    cdgh = __builtin_ia32_sha256rnds2(cdgh, abef, sum);                        \
    sum = __builtin_shufflevector(sum, sum, 2, 3, 0, 0);                       \
    abef = __builtin_ia32_sha256rnds2(abef, cdgh, sum);                        \
  } while (0)

// The four schedule words that follow w0 to w3, put in the place of w0.
#define SHA256NI_SCHEDULE(w0, w1, w2, w3)                                      \
  w0 = __builtin_ia32_sha256msg2(                                              \
      sha256ni_sum(__builtin_ia32_sha256msg1(w0, w1),                          \
          __builtin_shufflevector(w2, w3, 1, 2, 3, 4)),                        \
      w3)

// Feeds `count` blocks of 64 bytes into `state`; `constants` are the 64 of FIPS 180-4 §4.2.2.
__attribute__((target("sha,sse4.1"))) static inline void sha256ni_compress(
    uint32_t *state, const uint8_t *blocks, size_t count, const uint32_t *constants) {
  const sha256ni_words abcd = SHA256NI_LOAD(state), efgh = SHA256NI_LOAD(state + 4);
  sha256ni_words abef = __builtin_shufflevector(abcd, efgh, 5, 4, 1, 0);
  sha256ni_words cdgh = __builtin_shufflevector(abcd, efgh, 7, 6, 3, 2);

  for (; count > 0; count--, blocks += 64) {
    const sha256ni_words abef_before = abef, cdgh_before = cdgh;
    sha256ni_words w0 = SHA256NI_MESSAGE(0), w1 = SHA256NI_MESSAGE(1);
    sha256ni_words w2 = SHA256NI_MESSAGE(2), w3 = SHA256NI_MESSAGE(3);
    for (int group = 0; group < 12; group += 4) {
      SHA256NI_ROUNDS(w0, group);
      SHA256NI_SCHEDULE(w0, w1, w2, w3);
      SHA256NI_ROUNDS(w1, group + 1);
      SHA256NI_SCHEDULE(w1, w2, w3, w0);
      SHA256NI_ROUNDS(w2, group + 2);
      SHA256NI_SCHEDULE(w2, w3, w0, w1);
      SHA256NI_ROUNDS(w3, group + 3);
      SHA256NI_SCHEDULE(w3, w0, w1, w2);
    }
    SHA256NI_ROUNDS(w0, 12);
    SHA256NI_ROUNDS(w1, 13);
    SHA256NI_ROUNDS(w2, 14);
    SHA256NI_ROUNDS(w3, 15);
    abef = sha256ni_sum(abef, abef_before);
    cdgh = sha256ni_sum(cdgh, cdgh_before);
  }

  *(sha256ni_unaligned *)state = __builtin_shufflevector(abef, cdgh, 3, 2, 7, 6);
  *(sha256ni_unaligned *)(state + 4) = __builtin_shufflevector(abef, cdgh, 1, 0, 5, 4);
}

#undef SHA256NI_LOAD
#undef SHA256NI_MESSAGE
#undef SHA256NI_ROUNDS
#undef SHA256NI_SCHEDULE
#endif
