#pragma once

/// Compiles a function for several generations of x86-64 (SSE2, AVX2, AVX-512); the one that fits the CPU is chosen when the
/// library is loaded. For small functions whose loops the compiler turns into vector code. Sanitizers cannot run the choice.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define DETFORGE_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DETFORGE_SIMD
#endif
