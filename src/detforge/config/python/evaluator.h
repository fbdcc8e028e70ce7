#pragma once

#include <functional>
#include <map>
#include <string>

#include "detforge/config/python/ast.h"
#include "detforge/config/python/runtime.h"

namespace detforge::python {

/// Runs the statements of one config file. Names live in `globals`, in the order of their first assignment.
/// Throws `Error` with its place in `source`.
class Evaluator {
 public:
  Evaluator(Runtime& runtime, const SourceText& source) : runtime_(runtime), source_(source) {}

  /// A name that exists from the begin, made when it is first asked for.
  void provide(std::string name, std::function<Slot()> make);
  void run(const Block& block);
  Ref evaluate(const Expr& expr);
  Table& globals() { return globals_; }

 private:
  enum class Flow : std::uint8_t { Next, Break, Continue };

  Place place(Span span) const { return {&source_, span, nullptr}; }
  Slot slot(const Expr& expr) { return {evaluate(expr), place(expr.span)}; }

  Flow execute(const Block& block);
  Flow execute(const Stmt& statement);
  Flow operator()(const ExprStmt& statement);
  Flow operator()(const Assign& statement);
  Flow operator()(const AugAssign& statement);
  Flow operator()(const AnnAssign& statement);
  Flow operator()(const If& statement);
  Flow operator()(const While& statement);
  Flow operator()(const For& statement);
  Flow operator()(const Try& statement);
  Flow operator()(const Delete& statement);
  Flow operator()(const Assert& statement);
  Flow operator()(const Raise& statement);
  Flow operator()(const Import& statement);
  Flow operator()(const Pass&) { return Flow::Next; }
  Flow operator()(const Break&) { return Flow::Break; }
  Flow operator()(const Continue&) { return Flow::Continue; }
  const Try::Handler* handler_of(const Try& statement, ExceptionType type);
  bool catches(const Expr& type, ExceptionType raised);

  Ref operator()(const Constant& node);
  Ref operator()(const Name& node);
  Ref operator()(const Attribute& node);
  Ref operator()(const Subscript& node);
  Ref operator()(const SliceExpr& node);
  Ref operator()(const Call& node);
  Ref operator()(const Unary& node);
  Ref operator()(const Binary& node);
  Ref operator()(const Compare& node);
  Ref operator()(const BoolOp& node);
  Ref operator()(const Conditional& node);
  Ref operator()(const Starred& node);
  Ref operator()(const Walrus& node);
  Ref operator()(const Display& node);
  Ref operator()(const DictDisplay& node);
  Ref operator()(const Comprehension& node);
  Ref operator()(const FString& node);
  Ref evaluate_optional(const ExprPtr& expr) { return expr == nullptr ? runtime_.none() : evaluate(*expr); }
  void clause(const Comprehension& node, std::size_t index, Ref first, const std::function<void()>& body);

  void bind(const std::string& name, Span span, Slot value);
  void assign(const Expr& target, Slot value);
  void unpack(const Expr& target, const std::vector<ExprPtr>& targets, Slot value);
  void remove(const Expr& target);
  [[noreturn]] void unknown_name(const std::string& name);

  Runtime& runtime_;
  const SourceText& source_;
  Table globals_;
  std::map<std::string, std::string> missing_imports_;  // modules that a config cannot have, by the names that they were to get
  std::string provided_name_;
  std::function<Slot()> provided_;
  std::vector<Table*> scopes_;  // of comprehensions
  Span current_;                // the expression that is evaluated
};

}  // namespace detforge::python
