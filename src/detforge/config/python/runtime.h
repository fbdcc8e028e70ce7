#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "detforge/config/python/exception.h"
#include "detforge/config/python/python_object.h"

namespace detforge::python {

/// Owns the objects of one evaluation and counts what it costs. Throws `Error` where `limits.h` is exceeded.
class Runtime {
 public:
  Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  Ref none() const { return none_; }
  Ref boolean(bool value) const { return value ? true_ : false_; }
  Ref integer(std::int64_t value) { return make({value}); }
  Ref number(double value) { return make({value}); }
  Ref string(std::string text);
  Ref bytes(std::string data);
  Ref list(std::vector<Slot> items);
  Ref tuple(std::vector<Slot> items);
  Ref tuple_of(const std::vector<Ref>& items);
  Ref set();
  Ref dict(bool is_config_dict = false);
  Ref iterator(std::string_view type, std::vector<Slot> items);
  Ref make(Object object);

  /// `amount` elements or bytes are about to be touched.
  void work(std::size_t amount);
  /// One more round of a loop.
  void iterate();
  /// Memory that is about to be taken by a container that will hold `elements`.
  void grow(std::size_t elements, std::size_t added);
  void check_string(std::size_t bytes) const;

  std::vector<std::string> printed;

 private:
  std::uint64_t work_ = 0;
  std::uint64_t iterations_ = 0;
  std::size_t bytes_ = 0;
  std::deque<Object> objects_;
  Ref none_, true_, false_;
};

[[noreturn]] void raise(ExceptionType type, const std::string& message);

/// Python's `bool(object)`.
bool truth(Ref object);
/// Python's `==`.
bool equal(Runtime& runtime, Ref a, Ref b, std::uint32_t depth = 0);
/// Python's `<`; TypeError for kinds that have no order.
bool less(Runtime& runtime, Ref a, Ref b, std::uint32_t depth = 0);
/// Equal for objects that are equal. TypeError for a list, dict or set.
std::size_t hash(Runtime& runtime, Ref object, std::uint32_t depth = 0);
bool contains(Runtime& runtime, Ref container, Ref element);

/// A bool or an int as an int.
std::optional<std::int64_t> as_integer(Ref object);
/// A bool, int or float as a float.
std::optional<double> as_number(Ref object);
/// The int that an index, a count or a size has to be; TypeError with `what` otherwise.
std::int64_t need_integer(Ref object, std::string_view what);
const std::string& need_string(Ref object, std::string_view what);

}  // namespace detforge::python
