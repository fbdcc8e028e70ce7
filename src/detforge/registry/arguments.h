#pragma once

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "detforge/registry/build_context.h"
#include "detforge/registry/conversion.h"

/// The argument table: one declaration per argument, from which come conversion out of a config, strict checking,
/// defaults, `registry show`, the JSON Schema and the documentation.
///
/// ```cpp
/// static Arguments<FPN::Options> arguments() {
///   return {arg(&FPN::Options::in_channels, "in_channels", required, "channels of each input level"),
///           arg(&FPN::Options::num_outs, "num_outs", required, "number of output levels").at_least(1),
///           arg(&FPN::Options::start_level, "start_level", "first level of the pyramid")};
/// }
/// ```
/// The default of an argument that is not required is what a default-constructed Options has. A derived component
/// begins its table with its base's and changes a default in its own Options' constructor.
namespace detforge {

struct RequiredTag {};
inline constexpr RequiredTag required;

/// What is known of an argument without its C++ type.
struct ArgumentInfo {
  std::string name;
  std::string meaning;
  std::string type;
  bool is_required = false;
  Value default_value;                    ///< of reference v2.8, or of v2.27 where the argument is newer
  std::optional<Value> default_in_v2_27;  ///< where it differs
  Reference since = Reference::V2_8;
  Value schema;
  bool only_in_v2_8 = false;
  std::string registry;  ///< `BACKBONES` where the argument is the config of a component of that registry
};

/// One row of a component's table.
template <class Options>
struct Argument {
  ArgumentInfo info;
  std::function<void(Options&, const Value&)> assign;  ///< throws `Error` at the value's place
  std::function<Value(const Options&)> read;
};

/// A row while it is declared, with the checks that its type allows.
template <class Options, class T>
class ArgumentOf {
 public:
  ArgumentOf(T Options::*member, ArgumentInfo info) : member_(member), info_(std::move(info)) {}

  /// `check` returns what is wrong ("must be at least 1"), or an empty text.
  ArgumentOf&& check(std::function<std::string(const T&)> check) && {
    checks_.push_back(std::move(check));
    return std::move(*this);
  }
  ArgumentOf&& at_least(T bound) && {
    return std::move(*this).check(
        [bound](const T& number) { return number < bound ? "must be at least " + repr(Conversion<T>::to(bound)) : std::string(); });
  }
  ArgumentOf&& one_of(std::vector<T> choices) && {
    return std::move(*this).check([choices](const T& value) {
      std::string text;
      for (const T& choice : choices) {
        if (choice == value) return std::string();
        text += (text.empty() ? "must be one of " : ", ") + repr(Conversion<T>::to(choice));
      }
      return text;
    });
  }
  /// An argument that 2.27 has and 2.8 has not.
  ArgumentOf&& since_v2_27() && {
    info_.since = Reference::V2_27;
    return std::move(*this);
  }
  /// An argument that 2.8 has and 2.27 no more; it is accepted all the same.
  ArgumentOf&& only_in_v2_8() && {
    info_.only_in_v2_8 = true;
    return std::move(*this);
  }
  /// The config of a component that `registry` builds, for schemas and documentation.
  ArgumentOf&& built_by(std::string registry) && {
    info_.registry = std::move(registry);
    return std::move(*this);
  }
  /// Where 2.27's default is another than 2.8's.
  ArgumentOf&& default_in_v2_27(const T& value) && {
    info_.default_in_v2_27 = Conversion<T>::to(value);
    return std::move(*this);
  }

  /// The row of a table whose options are, or derive from, the member's.
  template <class Derived>
  Argument<Derived> row() && {
    const auto assign = [member = member_, checks = std::move(checks_)](Derived& options, const Value& value) {
      T converted = Conversion<T>::from(value);
      for (const auto& check : checks) {
        if (const std::string wrong = check(converted); !wrong.empty()) throw Error(wrong + ", got " + repr(value)).at(value.location());
      }
      options.*member = std::move(converted);
    };
    return {std::move(info_), assign, [member = member_](const Derived& options) { return Conversion<T>::to(options.*member); }};
  }

 private:
  T Options::*member_;
  ArgumentInfo info_;
  std::vector<std::function<std::string(const T&)>> checks_;
};

template <class Options, class T>
ArgumentOf<Options, T> arg(T Options::*member, std::string name, std::string meaning) {
  ArgumentInfo info{std::move(name), std::move(meaning), Conversion<T>::type(),   false, {},
                    std::nullopt,    Reference::V2_8,    Conversion<T>::schema(), false, {}};
  return {member, std::move(info)};
}

template <class Options, class T>
ArgumentOf<Options, T> arg(T Options::*member, std::string name, RequiredTag, std::string meaning) {
  ArgumentInfo info{std::move(name), std::move(meaning), Conversion<T>::type(),   true,  {},
                    std::nullopt,    Reference::V2_8,    Conversion<T>::schema(), false, {}};
  return {member, std::move(info)};
}

/// The table of a component: its arguments in the reference's order.
template <class Options>
class Arguments {
 public:
  template <class... Owners, class... Ts>
  Arguments(ArgumentOf<Owners, Ts>... declared) {
    (put(std::move(declared).template row<Options>()), ...);
    fill_defaults();
  }

  /// The base's rows, then the derived component's; one of the same name takes the base's place.
  template <class Base, class... Owners, class... Ts>
    requires std::is_base_of_v<Base, Options>
  Arguments(const Arguments<Base>& base, ArgumentOf<Owners, Ts>... declared) {
    for (const Argument<Base>& row : base.rows()) put({row.info, row.assign, row.read});
    (put(std::move(declared).template row<Options>()), ...);
    fill_defaults();
  }

  const std::vector<Argument<Options>>& rows() const { return rows_; }

  /// The same without some rows, for a component that sets them itself.
  Arguments without(std::initializer_list<std::string_view> names) const {
    Arguments some = *this;
    std::erase_if(some.rows_, [&](const auto& row) { return std::find(names.begin(), names.end(), row.info.name) != names.end(); });
    return some;
  }

  std::vector<ArgumentInfo> infos() const {
    std::vector<ArgumentInfo> all;
    for (const auto& row : rows_) all.push_back(row.info);
    return all;
  }

 private:
  void put(Argument<Options> argument) {
    for (auto& row : rows_) {
      if (row.info.name == argument.info.name) {
        row = std::move(argument);
        return;
      }
    }
    rows_.push_back(std::move(argument));
  }

  void fill_defaults() {
    const Options defaults{};
    for (auto& row : rows_) {
      if (!row.info.is_required) row.info.default_value = row.read(defaults);
    }
  }

  std::vector<Argument<Options>> rows_;
};

/// Calls `assign(i, value)` for every argument that `config` gives; keys `type` and those known to no row are skipped
/// or found wrong. Throws one `Error` with all unknown, missing and refused arguments, each at its place, naming the
/// component, the argument and the nearest right name.
void assign_arguments(std::string_view component, const std::vector<ArgumentInfo>& infos, const Value& config, const BuildContext& context,
                      const std::function<void(std::size_t argument, const Value& value)>& assign);

/// The options of one component out of its config. Throws as `assign_arguments` does.
template <class Options>
Options options_from(std::string_view component, const Arguments<Options>& arguments, const Value& config, const BuildContext& context) {
  Options options{};
  const auto& rows = arguments.rows();
  if (context.reference == Reference::V2_27) {
    for (const auto& row : rows) {
      if (row.info.default_in_v2_27) row.assign(options, *row.info.default_in_v2_27);
    }
  }
  assign_arguments(component, arguments.infos(), config, context,
                   [&](std::size_t argument, const Value& value) { rows[argument].assign(options, value); });
  return options;
}

}  // namespace detforge
