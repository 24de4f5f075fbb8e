#pragma once
#include <zlib.h>

/// `inflateInit2` is a macro, which Swift does not import; 15 + 16 accepts gzip headers only.
static inline int czlib_inflate_init(z_stream *stream) {
  return inflateInit2(stream, 15 + 16);
}
