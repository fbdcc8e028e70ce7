#include "detforge/base/allocator.h"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>

#include <climits>
#endif

namespace detforge {

void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
}

}  // namespace detforge
