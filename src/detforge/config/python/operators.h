#pragma once

#include "detforge/config/python/runtime.h"

namespace detforge::python {

Ref unary_operator(Runtime& runtime, UnaryOperator op, Ref operand);
Ref binary_operator(Runtime& runtime, BinaryOperator op, Ref left, Ref right);
/// `left op= right`: a list grows in place, as every name of it sees; other objects become new ones.
Ref augmented_operator(Runtime& runtime, BinaryOperator op, Ref left, Ref right);
bool compare(Runtime& runtime, CompareOperator op, Ref left, Ref right);

}  // namespace detforge::python
