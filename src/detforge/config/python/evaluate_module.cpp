#include "detforge/config/python/evaluate_module.h"

#include <algorithm>

#include "detforge/config/python/evaluator.h"
#include "detforge/config/python/parser.h"
#include "detforge/config/python/value_conversion.h"

namespace detforge::python {
namespace {

constexpr std::string_view kBase = "_base_";

bool assigns_base(const Stmt& statement) {
  const auto* assign = statement.get<Assign>();
  const auto* name = assign == nullptr ? nullptr : assign->targets.front()->get<Name>();
  return name != nullptr && name->id == kBase;
}

/// The names that a config keeps: not `__dunder`, no modules, no functions that Python has in Python.
Value names_of(Runtime& runtime, const Table& globals) {
  detforge::Dict names;
  for (const auto& [key, value] : globals.entries()) {
    const auto* function = value.value->get<Function>();
    const bool dropped = key.value->get<std::string>()->starts_with("__") || value.value->get<ModuleObject>() != nullptr ||
                         (function != nullptr && function->native->kind == Native::Kind::PythonFunction);
    if (!dropped) names.set(to_value(runtime, key), to_value(runtime, value));
  }
  return names;
}

Block parse_replaced(const SourceText& source) {
  if (!source.replaced()) return parse(source);
  // Python parses the file as it is written, too.
  check_syntax(SourceText(source.source()));
  try {
    return parse(source);
  } catch (Error& error) {
    error.note("this is so after '{{ … }}' was replaced");
    throw;
  }
}

}  // namespace

void check_syntax(const SourceText& source) { parse(source); }

Value run_alone(const SourceText& source, std::vector<std::string>& printed) {
  const Block block = parse_replaced(source);
  Runtime runtime;
  Evaluator evaluator(runtime, source);
  evaluator.run(block);
  Value names = names_of(runtime, evaluator.globals());
  printed.insert(printed.end(), runtime.printed.begin(), runtime.printed.end());
  return names;
}

Value run_with_bases(const SourceText& source, const BasesOf& load_bases, Value& bases, std::vector<std::string>& printed) {
  Block block = parse_replaced(source);
  Runtime runtime;
  const auto found = std::find_if(block.begin(), block.end(), assigns_base);
  Value base_names;
  if (found != block.end()) {
    const Expr& expression = *found->get<Assign>()->value;
    base_names = to_value(runtime, {Evaluator(runtime, source).evaluate(expression), {&source, expression.span, nullptr}});
  }
  bases = load_bases(base_names);
  block.erase(std::remove_if(block.begin(), block.end(), assigns_base), block.end());

  Evaluator evaluator(runtime, source);
  // Most files never look at their bases.
  Slot base_slot;
  evaluator.provide(std::string(kBase), [&] { return base_slot = from_value(runtime, bases); });
  evaluator.run(block);
  evaluator.globals().erase(runtime, runtime.string(std::string(kBase)));
  Value names = names_of(runtime, evaluator.globals());
  if (base_slot.value != nullptr) bases = to_value(runtime, base_slot);
  printed.insert(printed.end(), runtime.printed.begin(), runtime.printed.end());
  return names;
}

}  // namespace detforge::python
