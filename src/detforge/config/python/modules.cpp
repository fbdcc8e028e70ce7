#include "detforge/config/python/modules.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <numbers>
#include <span>

#include "detforge/config/python/builtins.h"
#include "detforge/config/python/iterate.h"

namespace detforge::python {

struct Module {
  std::string_view name;
  std::span<const Native> functions;
  std::span<const std::pair<std::string_view, double>> numbers;
  std::span<const std::string_view> modules;
  std::span<const std::pair<std::string_view, std::string_view>> texts = {};
};

namespace {

double number_argument(const Arguments& arguments, std::size_t index) {
  const Ref object = arguments.at(index);
  const auto number = as_number(object);
  if (!number) raise(ExceptionType::TypeError, std::string(arguments.function) + "() takes a number, not " + a_kind(object));
  return *number;
}

Ref checked(Runtime& runtime, double result, bool finite_arguments) {
  if (std::isnan(result) && finite_arguments) raise(ExceptionType::ValueError, "outside of what the function is defined for");
  if (std::isinf(result) && finite_arguments) raise(ExceptionType::OverflowError, "the result is too large for a float");
  return runtime.number(result);
}

template <double (*function)(double)>
Ref unary(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  const double x = number_argument(arguments, 0);
  return checked(runtime, function(x), std::isfinite(x));
}

template <double (*function)(double, double)>
Ref binary(Runtime& runtime, Arguments& arguments) {
  arguments.expect(2, 2);
  arguments.no_keywords();
  const double x = number_argument(arguments, 0), y = number_argument(arguments, 1);
  return checked(runtime, function(x, y), std::isfinite(x) && std::isfinite(y));
}

/// A logarithm of zero or less is an error, not minus infinity.
template <double (*function)(double)>
Ref logarithm(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  const double x = number_argument(arguments, 0);
  if (x <= 0) raise(ExceptionType::ValueError, "a logarithm of what is not above zero");
  return runtime.number(function(x));
}

Ref log_any_base(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 2);
  arguments.no_keywords();
  const double x = number_argument(arguments, 0);
  const double base = arguments.positional.size() > 1 ? number_argument(arguments, 1) : std::numbers::e;
  if (x <= 0 || base <= 0) raise(ExceptionType::ValueError, "a logarithm of what is not above zero");
  if (arguments.positional.size() == 1) return runtime.number(std::log(x));
  if (base == 1) raise(ExceptionType::ZeroDivisionError, "division by zero");
  return runtime.number(std::log(x) / std::log(base));
}

template <double (*function)(double)>
Ref to_integer(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  if (const auto integer = as_integer(arguments.at(0))) return runtime.integer(*integer);
  const double result = function(number_argument(arguments, 0));
  if (std::isnan(result)) raise(ExceptionType::ValueError, "nan is no int");
  if (std::isinf(result)) raise(ExceptionType::OverflowError, "infinity is no int");
  if (std::abs(result) >= 0x1p63) throw Error("the result does not fit 64 bits");
  return runtime.integer(static_cast<std::int64_t>(result));
}

Ref is_nan(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  return runtime.boolean(std::isnan(number_argument(arguments, 0)));
}

Ref is_inf(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  return runtime.boolean(std::isinf(number_argument(arguments, 0)));
}

Ref product(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  Ref total = runtime.integer(1);
  Cursor cursor(runtime, arguments.at(0));
  while (const auto item = cursor.next()) {
    const auto a = as_integer(total), b = as_integer(item->value);
    std::int64_t result = 0;
    if (a && b) {
      if (__builtin_mul_overflow(*a, *b, &result)) throw Error("the result does not fit 64 bits");
      total = runtime.integer(result);
      continue;
    }
    const auto x = as_number(total), y = as_number(item->value);
    if (!x || !y) raise(ExceptionType::TypeError, "prod() takes numbers");
    total = runtime.number(*x * *y);
  }
  return total;
}

Ref greatest_divisor(Runtime& runtime, Arguments& arguments) {
  arguments.no_keywords();
  std::uint64_t result = 0;
  for (const Slot& item : arguments.positional) {
    const std::int64_t value = need_integer(item.value, "an argument of gcd()");
    std::uint64_t other = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    while (other != 0) result = std::exchange(other, result % other);
  }
  if (result > INT64_MAX) throw Error("the result does not fit 64 bits");
  return runtime.integer(static_cast<std::int64_t>(result));
}

double sqrt_of(double x) { return std::sqrt(x); }
double exp_of(double x) { return std::exp(x); }
double sin_of(double x) { return std::sin(x); }
double cos_of(double x) { return std::cos(x); }
double tan_of(double x) { return std::tan(x); }
double fabs_of(double x) { return std::fabs(x); }
double log2_of(double x) { return std::log2(x); }
double log10_of(double x) { return std::log10(x); }
double ceil_of(double x) { return std::ceil(x); }
double floor_of(double x) { return std::floor(x); }
double trunc_of(double x) { return std::trunc(x); }
double pow_of(double x, double y) { return std::pow(x, y); }
double hypot_of(double x, double y) { return std::hypot(x, y); }
double atan2_of(double x, double y) { return std::atan2(x, y); }
double fmod_of(double x, double y) { return std::fmod(x, y); }

constexpr Native kMath[] = {
    {"atan2", binary<atan2_of>},
    {"ceil", to_integer<ceil_of>},
    {"cos", unary<cos_of>},
    {"exp", unary<exp_of>},
    {"fabs", unary<fabs_of>},
    {"floor", to_integer<floor_of>},
    {"fmod", binary<fmod_of>},
    {"gcd", greatest_divisor},
    {"hypot", binary<hypot_of>},
    {"isinf", is_inf},
    {"isnan", is_nan},
    {"log", log_any_base},
    {"log10", logarithm<log10_of>},
    {"log2", logarithm<log2_of>},
    {"pow", binary<pow_of>},
    {"prod", product},
    {"sin", unary<sin_of>},
    {"sqrt", unary<sqrt_of>},
    {"tan", unary<tan_of>},
    {"trunc", to_integer<trunc_of>},
};
constexpr std::pair<std::string_view, double> kMathNumbers[] = {
    {"pi", std::numbers::pi},
    {"e", std::numbers::e},
    {"tau", 2 * std::numbers::pi},
    {"inf", std::numeric_limits<double>::infinity()},
    {"nan", std::numeric_limits<double>::quiet_NaN()},
};

Ref copy_shallow(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  return shallow_copy(runtime, arguments.at(0));
}

Ref copy_deep(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  return deep_copy(runtime, arguments.at(0));
}

constexpr Native kCopy[] = {{"copy", copy_shallow, Native::Kind::PythonFunction}, {"deepcopy", copy_deep, Native::Kind::PythonFunction}};

const std::string& path_argument(const Arguments& arguments, std::size_t index) { return need_string(arguments.at(index), "a path"); }

Ref path_join(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, SIZE_MAX);
  arguments.no_keywords();
  std::string path = path_argument(arguments, 0);
  for (std::size_t i = 1; i < arguments.positional.size(); ++i) {
    const std::string& part = path_argument(arguments, i);
    if (part.starts_with('/')) path = part;
    else path += (path.empty() || path.ends_with('/') ? "" : "/") + part;
    runtime.check_string(path.size());
  }
  return runtime.string(std::move(path));
}

/// The folder with its final slashes, unless it is nothing but slashes, and the rest.
std::pair<std::string, std::string> split_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  std::string head = path.substr(0, slash + 1);
  if (head.find_first_not_of('/') != std::string::npos) head.erase(head.find_last_not_of('/') + 1);
  return {head, path.substr(slash + 1)};
}

Ref path_basename(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  return runtime.string(split_path(path_argument(arguments, 0)).second);
}

Ref path_dirname(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  return runtime.string(split_path(path_argument(arguments, 0)).first);
}

Ref path_split(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  const auto [head, tail] = split_path(path_argument(arguments, 0));
  return runtime.tuple_of({runtime.string(head), runtime.string(tail)});
}

Ref path_splitext(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  const std::string& path = path_argument(arguments, 0);
  const std::size_t base = path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1;
  const std::size_t dot = path.rfind('.');
  const std::size_t first = path.find_first_not_of('.', base);
  const bool has_extension = dot != std::string::npos && dot > base && first != std::string::npos && first < dot;
  const std::size_t end = has_extension ? dot : path.size();
  return runtime.tuple_of({runtime.string(path.substr(0, end)), runtime.string(path.substr(end))});
}

Ref path_normpath(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  std::string path = std::filesystem::path(path_argument(arguments, 0)).lexically_normal().string();
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return runtime.string(path.empty() ? "." : path);
}

Ref path_isabs(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  return runtime.boolean(path_argument(arguments, 0).starts_with('/'));
}

std::string current_folder() { return std::filesystem::current_path().string(); }

/// Python's normpath of the path behind the folder in which the program runs.
Ref path_abspath(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  std::string path = (std::filesystem::current_path() / path_argument(arguments, 0)).lexically_normal().string();
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return runtime.string(path);
}

/// `~` alone becomes the home folder; another user's stays as it is, as where Python does not know the user.
Ref path_expanduser(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  const std::string& path = path_argument(arguments, 0);
  const char* home = std::getenv("HOME");
  if (home == nullptr || !path.starts_with('~') || (path.size() > 1 && path[1] != '/')) return runtime.string(path);
  std::string folder = home;
  while (folder.ends_with('/')) folder.pop_back();
  folder += path.substr(1);
  return runtime.string(folder.empty() ? "/" : folder);
}

Ref working_folder(Runtime& runtime, Arguments& arguments) {
  arguments.expect(0, 0);
  return runtime.string(current_folder());
}

constexpr auto kPython = Native::Kind::PythonFunction;
constexpr Native kPath[] = {
    {"abspath", path_abspath, kPython},       {"basename", path_basename, kPython}, {"dirname", path_dirname, kPython},
    {"expanduser", path_expanduser, kPython}, {"isabs", path_isabs, kPython},       {"join", path_join, kPython},
    {"normpath", path_normpath, kPython},     {"split", path_split, kPython},       {"splitext", path_splitext, kPython},
};

Ref environment_get(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 2);
  const Ref fallback = arguments.take(1, "default");
  arguments.no_keywords();
  const char* value = std::getenv(need_string(arguments.at(0), "a variable's name").c_str());
  if (value != nullptr) return runtime.string(value);
  return fallback != nullptr ? fallback : runtime.none();
}

constexpr Native kEnvironment[] = {{"get", environment_get}};
constexpr Native kOs[] = {{"getcwd", working_folder, kPython}, {"getenv", environment_get, kPython}};
constexpr std::pair<std::string_view, std::string_view> kOsTexts[] = {{"curdir", "."},  {"linesep", "\n"}, {"name", "posix"},
                                                                      {"pardir", ".."}, {"pathsep", ":"},  {"sep", "/"}};
constexpr std::pair<std::string_view, std::string_view> kPathTexts[] = {{"curdir", "."}, {"pardir", ".."}, {"pathsep", ":"}, {"sep", "/"}};
constexpr std::string_view kOsModules[] = {"os.path", "os.environ"};

Ref ordered_dict(Runtime& runtime, Arguments& arguments) {
  const Ref dict = runtime.dict();
  update_table(runtime, dict->get<Dict>()->table, arguments);
  return dict;
}

constexpr Native kCollections[] = {{"OrderedDict", ordered_dict, Native::Kind::Type}};

constexpr Module kModules[] = {
    {"collections", kCollections, {}, {}}, {"copy", kCopy, {}, {}},
    {"math", kMath, kMathNumbers, {}},     {"os", kOs, {}, kOsModules, kOsTexts},
    {"os.environ", kEnvironment, {}, {}},  {"os.path", kPath, {}, {}, kPathTexts},
};

}  // namespace

const Module* find_module(std::string_view name) {
  const auto* found = std::find_if(std::begin(kModules), std::end(kModules), [&](const Module& module) { return module.name == name; });
  return found == std::end(kModules) ? nullptr : found;
}

std::string_view module_name(const Module& module) { return module.name; }

bool is_usual_package(std::string_view module) {
  static constexpr std::string_view packages[] = {"PIL",
                                                  "__future__",
                                                  "abc",
                                                  "addict",
                                                  "argparse",
                                                  "ast",
                                                  "bisect",
                                                  "collections",
                                                  "contextlib",
                                                  "copy",
                                                  "csv",
                                                  "cv2",
                                                  "cycler",
                                                  "dataclasses",
                                                  "datetime",
                                                  "decimal",
                                                  "enum",
                                                  "fractions",
                                                  "functools",
                                                  "getpass",
                                                  "glob",
                                                  "hashlib",
                                                  "importlib",
                                                  "inspect",
                                                  "io",
                                                  "itertools",
                                                  "json",
                                                  "logging",
                                                  "math",
                                                  "matplotlib",
                                                  "mmcls",
                                                  "mmcv",
                                                  "mmdeploy",
                                                  "mmdet",
                                                  "mmdet3d",
                                                  "mmengine",
                                                  "mmpretrain",
                                                  "mmrotate",
                                                  "mmseg",
                                                  "mmselfsup",
                                                  "mmtrack",
                                                  "mmyolo",
                                                  "multiprocessing",
                                                  "numbers",
                                                  "numpy",
                                                  "operator",
                                                  "os",
                                                  "pathlib",
                                                  "pickle",
                                                  "platform",
                                                  "pprint",
                                                  "pycocotools",
                                                  "random",
                                                  "re",
                                                  "scipy",
                                                  "shutil",
                                                  "socket",
                                                  "statistics",
                                                  "string",
                                                  "subprocess",
                                                  "sys",
                                                  "tempfile",
                                                  "terminaltables",
                                                  "textwrap",
                                                  "threading",
                                                  "time",
                                                  "timm",
                                                  "torch",
                                                  "torchvision",
                                                  "tqdm",
                                                  "traceback",
                                                  "typing",
                                                  "typing_extensions",
                                                  "uuid",
                                                  "warnings",
                                                  "yaml"};
  return std::find(std::begin(packages), std::end(packages), module.substr(0, module.find('.'))) != std::end(packages);
}

std::vector<std::string> module_names() {
  std::vector<std::string> names;
  for (const Module& module : kModules) names.emplace_back(module.name);
  return names;
}

Ref module_member(Runtime& runtime, const Module& module, std::string_view name) {
  for (const Native& native : module.functions) {
    if (native.name == name) return runtime.make({Function{&native}});
  }
  for (const auto& [number_name, number] : module.numbers) {
    if (number_name == name) return runtime.number(number);
  }
  for (const auto& [text_name, text] : module.texts) {
    if (text_name == name) return runtime.string(std::string(text));
  }
  for (const std::string_view inner : module.modules) {
    if (inner.substr(inner.rfind('.') + 1) == name) return runtime.make({ModuleObject{find_module(inner)}});
  }
  return nullptr;
}

std::vector<std::string> module_names(const Module& module) {
  std::vector<std::string> names;
  for (const Native& native : module.functions) names.emplace_back(native.name);
  for (const auto& [name, number] : module.numbers) names.emplace_back(name);
  for (const auto& [name, text] : module.texts) names.emplace_back(name);
  for (const std::string_view inner : module.modules) names.emplace_back(inner.substr(inner.rfind('.') + 1));
  return names;
}

void raise_no_member(const Module& module, std::string_view name) {
  static constexpr std::string_view looks_at_files[] = {"exists",  "getsize",  "isdir", "isfile",   "islink",  "lexists",
                                                        "listdir", "makedirs", "mkdir", "realpath", "scandir", "walk"};
  const bool looks = std::find(std::begin(looks_at_files), std::end(looks_at_files), name) != std::end(looks_at_files);
  const std::string text = "'" + std::string(module.name) + "' has no '" + std::string(name) + "' here";
  if (!looks) raise(ExceptionType::AttributeError, text + did_you_mean(name, module_names(module)));
  Raised error(ExceptionType::AttributeError, text + ": a config looks at no files");
  error.help("write the value itself, or give it by --cfg-options");
  throw error;
}

Ref module_item(Runtime& runtime, const Module& module, Ref key) {
  if (module.name != "os.environ") return nullptr;
  const std::string& name = need_string(key, "a variable's name");
  if (const char* value = std::getenv(name.c_str()); value != nullptr) return runtime.string(value);
  Raised error(ExceptionType::KeyError, "the environment has no variable '" + name + "'");
  error.help("set it, or write os.environ.get('" + name + "', default)");
  throw error;
}

std::optional<bool> module_contains(const Module& module, Ref key) {
  if (module.name != "os.environ") return std::nullopt;
  return std::getenv(need_string(key, "a variable's name").c_str()) != nullptr;
}

}  // namespace detforge::python
