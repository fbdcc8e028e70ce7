#include "detforge/config/python/operators.h"

#include <array>
#include <cmath>

#include "detforge/config/limits.h"
#include "detforge/config/python/iterate.h"
#include "detforge/config/python/object_text.h"

namespace detforge::python {
namespace {

constexpr std::array<std::string_view, 12> kSymbols = {"+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^"};

std::string_view symbol(BinaryOperator op) { return kSymbols[static_cast<std::size_t>(op)]; }

[[noreturn]] void too_large() { throw Error("the result does not fit 64 bits"); }
[[noreturn]] void division_by_zero() { raise(ExceptionType::ZeroDivisionError, "division by zero"); }

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  if (b == 0) division_by_zero();
  if (b == -1) {
    if (a == INT64_MIN) too_large();
    return -a;
  }
  const std::int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

std::int64_t modulo(std::int64_t a, std::int64_t b) {
  if (b == 0) division_by_zero();
  if (b == -1) return 0;
  const std::int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

std::int64_t multiply(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) too_large();
  return product;
}

std::int64_t power(std::int64_t base, std::int64_t exponent) {
  std::int64_t result = 1;
  while (exponent > 0) {
    if ((exponent & 1) != 0) result = multiply(result, base);
    exponent >>= 1;
    if (exponent > 0) {
      // Beyond 64 bits only for a base that makes the result so too.
      if (base == 0 || base == 1) return base == 0 ? 0 : result;
      if (base == -1) base = 1;
      else base = multiply(base, base);
    }
  }
  return result;
}

std::int64_t shift(BinaryOperator op, std::int64_t value, std::int64_t by) {
  if (by < 0) raise(ExceptionType::ValueError, "a shift by a negative number");
  if (op == BinaryOperator::RightShift) return value >> std::min<std::int64_t>(by, 63);
  if (value == 0) return 0;
  if (by > 62) too_large();
  return multiply(value, std::int64_t{1} << by);
}

Ref integer_operator(Runtime& runtime, BinaryOperator op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  switch (op) {
    case BinaryOperator::Add:
      if (__builtin_add_overflow(a, b, &result)) too_large();
      return runtime.integer(result);
    case BinaryOperator::Subtract:
      if (__builtin_sub_overflow(a, b, &result)) too_large();
      return runtime.integer(result);
    case BinaryOperator::Multiply: return runtime.integer(multiply(a, b));
    case BinaryOperator::Divide:
      if (b == 0) division_by_zero();
      return runtime.number(static_cast<double>(a) / static_cast<double>(b));
    case BinaryOperator::FloorDivide: return runtime.integer(floor_divide(a, b));
    case BinaryOperator::Modulo: return runtime.integer(modulo(a, b));
    case BinaryOperator::Power:
      if (b >= 0) return runtime.integer(power(a, b));
      if (a == 0) division_by_zero();
      return runtime.number(std::pow(static_cast<double>(a), static_cast<double>(b)));
    case BinaryOperator::LeftShift:
    case BinaryOperator::RightShift: return runtime.integer(shift(op, a, b));
    case BinaryOperator::And: return runtime.integer(a & b);
    case BinaryOperator::Or: return runtime.integer(a | b);
    case BinaryOperator::Xor: return runtime.integer(a ^ b);
  }
  return nullptr;
}

double float_modulo(double a, double b) {
  double rest = std::fmod(a, b);
  if (rest != 0 && (rest < 0) != (b < 0)) rest += b;
  return rest == 0 ? std::copysign(0.0, b) : rest;
}

double float_floor_divide(double a, double b) {
  const double quotient = (a - float_modulo(a, b)) / b;
  const double floor = std::floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

/// Null where the operator is not defined for floats.
Ref float_operator(Runtime& runtime, BinaryOperator op, double a, double b) {
  const bool divides = op == BinaryOperator::Divide || op == BinaryOperator::FloorDivide || op == BinaryOperator::Modulo;
  if (divides && b == 0) division_by_zero();
  switch (op) {
    case BinaryOperator::Add: return runtime.number(a + b);
    case BinaryOperator::Subtract: return runtime.number(a - b);
    case BinaryOperator::Multiply: return runtime.number(a * b);
    case BinaryOperator::Divide: return runtime.number(a / b);
    case BinaryOperator::FloorDivide: return runtime.number(float_floor_divide(a, b));
    case BinaryOperator::Modulo: return runtime.number(float_modulo(a, b));
    case BinaryOperator::Power: {
      if (a == 0 && b < 0) division_by_zero();
      if (a < 0 && std::isfinite(a) && std::isfinite(b) && std::floor(b) != b) {
        throw Error("a root of a negative number is complex: a config holds no complex numbers");
      }
      const double result = std::pow(a, b);
      if (std::isinf(result) && std::isfinite(a) && std::isfinite(b))
        raise(ExceptionType::OverflowError, "the result is too large for a float");
      return runtime.number(result);
    }
    default: return nullptr;
  }
}

std::string repeated(Runtime& runtime, const std::string& text, std::int64_t times) {
  if (times <= 0 || text.empty()) return {};
  if (static_cast<std::uint64_t>(times) > limits::kStringBytes) runtime.check_string(limits::kStringBytes + 1);
  runtime.check_string(text.size() * static_cast<std::size_t>(times));
  runtime.work(text.size() * static_cast<std::size_t>(times));
  std::string out;
  for (; times > 0; --times) out += text;
  return out;
}

std::vector<Slot> repeated(Runtime& runtime, const std::vector<Slot>& items, std::int64_t times) {
  if (times <= 0 || items.empty()) return {};
  if (static_cast<std::uint64_t>(times) > limits::kElements) runtime.grow(limits::kElements + 1, 0);
  runtime.grow(items.size() * static_cast<std::size_t>(times), 0);
  std::vector<Slot> out;
  for (; times > 0; --times) out.insert(out.end(), items.begin(), items.end());
  return out;
}

std::vector<Slot> joined(Runtime& runtime, const std::vector<Slot>& a, const std::vector<Slot>& b) {
  runtime.grow(a.size() + b.size(), 0);
  std::vector<Slot> out(a);
  out.insert(out.end(), b.begin(), b.end());
  return out;
}

/// `+` of two sequences of one kind; null for other operands.
Ref concatenated(Runtime& runtime, Ref left, Ref right) {
  if (left->data.index() != right->data.index()) return nullptr;
  if (const auto* text = left->get<std::string>(); text != nullptr) return runtime.string(*text + *right->get<std::string>());
  if (const auto* bytes = left->get<Bytes>(); bytes != nullptr) return runtime.bytes(bytes->data + right->get<Bytes>()->data);
  if (const auto* list = left->get<List>(); list != nullptr) return runtime.list(joined(runtime, list->items, right->get<List>()->items));
  if (const auto* tuple = left->get<Tuple>(); tuple != nullptr)
    return runtime.tuple(joined(runtime, tuple->items, right->get<Tuple>()->items));
  return nullptr;
}

Ref multiplied(Runtime& runtime, Ref left, Ref right) {
  if (as_integer(left)) std::swap(left, right);
  const auto times = as_integer(right);
  if (!times) return nullptr;
  if (const auto* text = left->get<std::string>(); text != nullptr) return runtime.string(repeated(runtime, *text, *times));
  if (const auto* bytes = left->get<Bytes>(); bytes != nullptr) return runtime.bytes(repeated(runtime, bytes->data, *times));
  if (const auto* list = left->get<List>(); list != nullptr) return runtime.list(repeated(runtime, list->items, *times));
  if (const auto* tuple = left->get<Tuple>(); tuple != nullptr) return runtime.tuple(repeated(runtime, tuple->items, *times));
  return nullptr;
}

Ref set_operator(Runtime& runtime, BinaryOperator op, Ref left, Ref right) {
  auto* a = left->get<Set>();
  auto* b = right->get<Set>();
  if (a == nullptr || b == nullptr) return nullptr;
  if (op != BinaryOperator::Or && op != BinaryOperator::And && op != BinaryOperator::Subtract && op != BinaryOperator::Xor) return nullptr;
  const Ref result = runtime.set();
  Table& out = result->get<Set>()->table;
  for (const auto& entry : a->table.entries()) {
    const bool in_both = b->table.find(runtime, entry.key.value) != nullptr;
    if (op == BinaryOperator::Or || (op == BinaryOperator::And) == in_both) out.set(runtime, entry.key, {});
  }
  if (op == BinaryOperator::And || op == BinaryOperator::Subtract) return result;
  for (const auto& entry : b->table.entries()) {
    if (op == BinaryOperator::Or || a->table.find(runtime, entry.key.value) == nullptr) out.set(runtime, entry.key, {});
  }
  return result;
}

Ref merged_dicts(Runtime& runtime, Ref left, Ref right) {
  auto* a = left->get<Dict>();
  auto* b = right->get<Dict>();
  if (a == nullptr || b == nullptr) return nullptr;
  const Ref result = runtime.dict(a->is_config_dict);
  for (const Table* table : {&a->table, &b->table}) {
    for (const auto& entry : table->entries()) result->get<Dict>()->table.set(runtime, entry.key, entry.value);
  }
  return result;
}

/// Null where the operator is not defined for these operands.
Ref defined_operator(Runtime& runtime, BinaryOperator op, Ref left, Ref right) {
  const bool both_bool = left->get<bool>() != nullptr && right->get<bool>() != nullptr;
  const auto a = as_integer(left), b = as_integer(right);
  if (a && b) {
    const bool logical = op == BinaryOperator::And || op == BinaryOperator::Or || op == BinaryOperator::Xor;
    const Ref result = integer_operator(runtime, op, *a, *b);
    return both_bool && logical ? runtime.boolean(truth(result)) : result;
  }
  const auto x = as_number(left), y = as_number(right);
  if (x && y) return float_operator(runtime, op, *x, *y);
  if (op == BinaryOperator::Modulo && left->get<std::string>() != nullptr) {
    return runtime.string(format_percent(runtime, *left->get<std::string>(), right));
  }
  if (op == BinaryOperator::Add) return concatenated(runtime, left, right);
  if (op == BinaryOperator::Multiply) return multiplied(runtime, left, right);
  if (op == BinaryOperator::Or && left->get<Dict>() != nullptr) return merged_dicts(runtime, left, right);
  return set_operator(runtime, op, left, right);
}

}  // namespace

Ref unary_operator(Runtime& runtime, UnaryOperator op, Ref operand) {
  if (op == UnaryOperator::Not) return runtime.boolean(!truth(operand));
  if (const auto integer = as_integer(operand)) {
    if (op == UnaryOperator::Plus) return runtime.integer(*integer);
    if (op == UnaryOperator::Invert) return runtime.integer(~*integer);
    if (*integer == INT64_MIN) too_large();
    return runtime.integer(-*integer);
  }
  if (const auto* number = operand->get<double>(); number != nullptr && op != UnaryOperator::Invert) {
    return runtime.number(op == UnaryOperator::Minus ? -*number : *number);
  }
  const std::string_view text = op == UnaryOperator::Minus ? "-" : op == UnaryOperator::Plus ? "+" : "~";
  raise(ExceptionType::TypeError, "'" + std::string(text) + "' is not defined for " + a_kind(operand));
}

Ref binary_operator(Runtime& runtime, BinaryOperator op, Ref left, Ref right) {
  runtime.work(1);
  if (const Ref result = defined_operator(runtime, op, left, right); result != nullptr) return result;
  raise(ExceptionType::TypeError, "'" + std::string(symbol(op)) + "' is not defined between " + std::string(type_name(left)) + " and " +
                                      std::string(type_name(right)));
}

Ref augmented_operator(Runtime& runtime, BinaryOperator op, Ref left, Ref right) {
  if (auto* list = left->get<List>(); list != nullptr && op == BinaryOperator::Add) {
    const std::vector<Slot> more = collect(runtime, right);
    runtime.grow(list->items.size() + more.size(), more.size());
    list->items.insert(list->items.end(), more.begin(), more.end());
    return left;
  }
  if (auto* list = left->get<List>(); list != nullptr && op == BinaryOperator::Multiply && as_integer(right)) {
    list->items = repeated(runtime, list->items, *as_integer(right));
    runtime.grow(list->items.size(), list->items.size());
    return left;
  }
  if (auto* dict = left->get<Dict>(); dict != nullptr && op == BinaryOperator::Or && right->get<Dict>() != nullptr) {
    if (left == right) return left;
    for (const auto& entry : right->get<Dict>()->table.entries()) dict->table.set(runtime, entry.key, entry.value);
    return left;
  }
  return binary_operator(runtime, op, left, right);
}

bool compare(Runtime& runtime, CompareOperator op, Ref left, Ref right) {
  switch (op) {
    case CompareOperator::Equal: return equal(runtime, left, right);
    case CompareOperator::NotEqual: return !equal(runtime, left, right);
    case CompareOperator::Less: return less(runtime, left, right);
    case CompareOperator::Greater: return less(runtime, right, left);
    case CompareOperator::LessEqual: return less(runtime, left, right) || equal(runtime, left, right);
    case CompareOperator::GreaterEqual: return less(runtime, right, left) || equal(runtime, left, right);
    case CompareOperator::Is:
    case CompareOperator::IsNot: {
      // Which equal numbers and strs are one object is chance in Python: here equal ones of one kind are.
      const bool scalar =
          left->data.index() == right->data.index() && (left->get<std::string>() != nullptr || left->get<std::int64_t>() != nullptr ||
                                                        left->get<double>() != nullptr || left->get<Function>() != nullptr);
      return (left == right || (scalar && equal(runtime, left, right))) == (op == CompareOperator::Is);
    }
    case CompareOperator::In: return contains(runtime, right, left);
    case CompareOperator::NotIn: return !contains(runtime, right, left);
  }
  return false;
}

}  // namespace detforge::python
